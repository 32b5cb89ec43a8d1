import { ShapeError } from "../../errors.ts";
import { shapeOf } from "../arguments.ts";
import { showShape } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import { forEachOfPart, slice } from "./slice.ts";

export interface PadAttrs {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export const padOp: Op<PadAttrs> = {
  name: "pad",
  spec([x], { before, after }) {
    const rank = x!.shape.length;
    if (
      before.length !== rank ||
      after.length !== rank ||
      [...before, ...after].some((n) => !Number.isInteger(n) || n < 0)
    )
      throw new ShapeError(
        `pad: needs a whole number from 0 for each axis of ${showShape(x!.shape)}, received ${showShape(before)} before and ${showShape(after)} after`,
      );
    return { shape: x!.shape.map((n, axis) => before[axis]! + n + after[axis]!), dtype: x!.dtype };
  },
  derivative: ({ inputs: [x], attrs: { before } }, g) => [
    slice(
      g,
      before,
      before.map((n, axis) => n + x!.shape[axis]!),
    ),
  ],
  lowering: ({ attrs: { before } }) => ({ kind: "assemble", starts: [before], fill: true }),
  reference([x], { before }, output) {
    forEachOfPart(output.shape, { start: before, size: x!.shape }, (from, to) => (output.data[to] = x!.data[from]!));
  },
};

/**
 * x with zeros around it: before[i] and after[i] of them along axis i. [...n] → [...before + n + after].
 * Throws ShapeError for another number of axes.
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  checkTensors("pad", [x]);
  const widths = { before: shapeOf("pad", before, "before"), after: shapeOf("pad", after, "after") };
  const adds = [...widths.before, ...widths.after].some((n) => n !== 0);
  return !adds && before.length === x.rank && after.length === x.rank ? x : apply(padOp, [x], widths);
}
