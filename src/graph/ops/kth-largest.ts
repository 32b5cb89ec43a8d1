import { ShapeError } from "../../errors.ts";
import { show } from "../../rules.ts";
import { type Spec, showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";
import { equal } from "./equal.ts";
import { mul } from "./mul.ts";
import { sum } from "./sum.ts";

export interface KthLargestAttrs {
  readonly k: number; // from 1, the largest
}

/** Throws ShapeError for anything but rows of floats, and for a k that no row has. */
export function checkK(op: string, x: Spec, k: number): void {
  const n = x.shape.at(-1);
  if (n === undefined || x.dtype === "int32")
    throw new ShapeError(`${op}: needs floats [..., n], received ${showSpec(x)}`);
  if (!(Number.isInteger(k) && k >= 1 && k <= n))
    throw new ShapeError(`${op}: k must be a whole number from 1 to ${n}, the row's length, received ${show(k)}`);
}

/** Falling, NaN before all. */
export const falling = (a: number, b: number): number =>
  Number(Number.isNaN(b)) - Number(Number.isNaN(a)) || (a === b ? 0 : b - a);

export const kthLargestOp: Op<KthLargestAttrs> = {
  name: "kthLargest",
  spec([x], { k }) {
    checkK("kthLargest", x!, k);
    return { shape: [...x!.shape.slice(0, -1), 1], dtype: x!.dtype };
  },
  derivative({ inputs: [x], output }, g) {
    const ties = equal(x!, output);
    return [mul(ties, div(g, sum(ties, -1, { keep: true })))];
  },
  lowering: ({ attrs: { k } }) => ({ kind: "kthLargest", k }),
  reference([x], { k }, output) {
    const n = x!.shape.at(-1)!;
    output.data.forEach((_, row) => {
      const sorted = Float64Array.from(x!.data.subarray(row * n, (row + 1) * n)).sort(falling);
      output.data[row] = sorted[k - 1]! + 0; // never −0
    });
  },
};

/**
 * The k-th largest number of each row: the first is the maximum, the n-th the minimum, and equal numbers count each. NaN counts as larger
 * than all others, so that with m of them the first m are NaN. The gradient goes to where that number stands; ties share it evenly.
 * Throws ShapeError for anything but rows of floats, and for a k that isn't a whole number from 1 to n.
 * @param x [..., n]
 * @returns [..., 1]
 */
export const kthLargest = (x: Tensor, k: number): Tensor => apply(kthLargestOp, [x], { k });
