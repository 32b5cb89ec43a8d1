import type { Backend } from "../backends/backend.ts";
import { UserError } from "../errors.ts";
import { broadcastTo, constant, NdArray, type Tensor } from "../graph/index.ts";
import type { Batch, Draws } from "../models/head.ts";
import type { Model, Params } from "../models/model.ts";

/** What rows are drawn from, and how. */
export interface Drawing {
  readonly model: Model;
  readonly params: Params<NdArray>;
  readonly draws: Draws;
  readonly seed: number;
  /** [] float32 */
  readonly sharpness: NdArray;
  readonly backend: Backend;
  /** Sequences. */
  readonly count: number;
}

/**
 * Reads the rows [count, n, I] that follow those read before, whose last one is number `at`, and gives what is predicted after it, and a row
 * [count, I] that is drawn from that.
 */
export type NextRow = (rows: NdArray, at: number) => { readonly predicted: NdArray; readonly drawn: NdArray };

/** Keep the draws and the noise of the network's own units apart. */
export const DRAWS = 0x44524157;
export const NETWORK = 0x4e455457;

export const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);

/** Lengths that the network's stages read: `steps` for each of the sequences. Throws UserError for a field of another kind. */
export function lengthsIn({ fields }: Model, count: number, steps: number): Batch<Tensor> {
  const whole = broadcastTo(constant(steps, "int32"), [count]);
  return Object.fromEntries(
    Object.entries(fields).map(([name, { shape, dtype }]) => {
      if (shape.length > 0 || dtype !== "int32")
        throw new UserError(
          `generate: the network must read nothing but its input and lengths, its stages read the field ${name}`,
        );
      return [name, whole];
    }),
  );
}
