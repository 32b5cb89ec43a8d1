import { UserError } from "../../errors.ts";
import { reshape, type Shape, showShape, sizeOf, type Tensor } from "../../graph/index.ts";
import { type Pair, pairOf } from "../../graph/window.ts";
import type { StagePlace } from "../stage.ts";
import type { Sides } from "./conv.ts";

/** The shape of an image, without the batch axis. */
export type Image = readonly [rows: number, columns: number, channels: number];

/** The images that a stage reads: of one channel where their shape says none. Throws UserError, naming the stage, where it reads something else. */
export function imageOf({ input, subject }: Pick<StagePlace, "input" | "subject">, kind: string): Image {
  const [rows, columns, channels = 1] = input;
  if (rows === undefined || columns === undefined || input.length > 3)
    throw new UserError(
      `${subject}: ${kind} reads images [rows, columns] or [rows, columns, channels], received ${showShape(input)}`,
    );
  return [rows, columns, channels];
}

/** Taps as tables say them, "5×5"; the steps of a window behind them where they aren't `usual`, as in "5×5 /2". */
export function windowText(taps: Sides, stride: Sides, usual: Sides = 1): string {
  const sides = (of: Sides): Pair => pairOf("window", "size", of);
  const [text, steps, without] = [taps, stride, usual].map((of) => sides(of).join("×")) as [string, string, string];
  const [down, across] = sides(stride);
  return steps === without ? text : `${text} /${down === across ? down : steps}`;
}

/** x [R, …] as [R, …shape]. */
export const inShape = (x: Tensor, shape: Shape): Tensor =>
  x.rank === shape.length + 1 ? x : reshape(x, [x.shape[0]!, ...shape]);

/** x [R, …, C] as [R · …, C], and how many channels there are. */
export const byChannel = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
