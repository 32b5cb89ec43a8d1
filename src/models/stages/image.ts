import { UserError } from "../../errors.ts";
import { reshape, type Shape, showShape, sizeOf, type Tensor } from "../../graph/index.ts";
import { MOST_CHANNELS, MOST_REACH } from "../../graph/size.ts";
import { checkPlaces, type Pair, pairOf, reachOf, type Window, windowOver } from "../../graph/window.ts";
import { checkNumber } from "../../rules.ts";
import { type StagePlace, within } from "../stage.ts";
import type { ConvOptions, Sides } from "./conv.ts";

/** The shape of an image, without the batch axis. */
export type Image = readonly [rows: number, columns: number, channels: number];

/** The images that a stage reads: of one channel where their shape says none. Throws UserError, naming the stage, where it reads something else. */
export function imageOf(
  { input, subject, readsSequence }: Pick<StagePlace, "input" | "subject" | "readsSequence">,
  kind: string,
): Image {
  if (readsSequence)
    throw new UserError(
      `${subject}: ${kind} reads images, a stage before it makes a sequence ${showShape(input)}: put ${kind} before that stage`,
    );
  const [rows, columns, channels = 1] = input;
  if (rows === undefined || columns === undefined || input.length > 3)
    throw new UserError(
      `${subject}: ${kind} reads images [rows, columns] or [rows, columns, channels], received ${showShape(input)}`,
    );
  return [rows, columns, channels];
}

/**
 * How many channels there are, or features of a step: the length of the last axis. Throws UserError, naming the stage, for [rows, columns] that may be an
 * image of one channel or a sequence.
 */
export function channelsOf(
  { input, subject, readsSequence }: Pick<StagePlace, "input" | "subject" | "readsSequence">,
  kind: string,
): number {
  if (input.length === 2 && !readsSequence)
    throw new UserError(
      `${subject}: ${kind} reads ${showShape(input)}, an image of one channel or a sequence: put it behind a stage that says which, such as conv, or make the input [${input.join(", ")}, 1]`,
    );
  return input.at(-1)!;
}

/** Throws UserError, naming the option, for more channels or features than the kernels have room for. */
export const checkChannels = (subject: string, count: unknown): void =>
  checkNumber(subject, count, { whole: true, atLeast: 1, atMost: MOST_CHANNELS });

/** How a convolution slides over images. */
type Sliding = { readonly stride: Pair; readonly dilation: Pair; readonly padding: Pair };

/**
 * Taps, places and steps of a convolution of images. Throws UserError, naming the stage, for options that are none, where a place of the window lies in the
 * padding alone, and for what the kernels have no room for.
 */
export function convWindow(
  { subject }: Pick<StagePlace, "subject">,
  kind: string,
  [rows, columns, channels]: Image,
  {
    size = 3,
    stride = 1,
    dilation = 1,
    padding = "same",
  }: Pick<ConvOptions, "size" | "stride" | "dilation" | "padding">,
): { readonly taps: Pair; readonly window: Window; readonly sliding: Sliding } {
  checkChannels(`${subject}: channels that a ${kind} reads`, channels);
  const sliding = { stride, dilation, padding } as Sliding;
  return within(subject, () => {
    const taps: Pair = pairOf(kind, "size", size);
    const window = windowOver(kind, [rows, columns], taps, sliding);
    checkReach(kind, window);
    checkPlaces(kind, window);
    return { taps, window, sliding };
  });
}

/** Throws UserError for a window that reaches farther than the kernels have room for. */
export function checkReach(kind: string, window: Pick<Window, "size" | "dilation">): void {
  const reach = Math.max(...reachOf(window));
  if (reach > MOST_REACH)
    throw new UserError(
      `${kind}: size, with dilation, may cover at most ${MOST_REACH} rows or columns, received ${showShape(window.size)} taps with dilation ${showShape(window.dilation)}, which cover ${reach}`,
    );
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
