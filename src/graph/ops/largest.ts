import { checkTensors } from "../operand.ts";
import { inNameOf } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { arange } from "./arange.ts";
import { greater } from "./greater.ts";
import { greaterEqual } from "./greater-equal.ts";
import { kthLargest } from "./kth-largest.ts";
import { less } from "./less.ts";
import { stopGradient } from "./stop-gradient.ts";
import { sub } from "./sub.ts";
import { where } from "./where.ts";

/**
 * 1 at the k largest numbers of each row, 0 elsewhere: k ones exactly, among equal numbers the first; NaN goes with the equals of the
 * k-th. No gradient flows. Throws as kthLargest does.
 * @param x [..., n], n at most 5 million
 * @returns [..., n]
 */
export function largest(x: Tensor, k: number): Tensor {
  checkTensors("largest", [x]);
  const fixed = stopGradient(x);
  const kth = inNameOf("largest", () => kthLargest(fixed, k));
  // Each row once more, with 3n for what lies above the k-th, 2n − position for its equals and n for the rest: here only the rest are ties.
  const n = x.shape.at(-1)!;
  const place = sub(2 * n, arange(n, x.dtype));
  const order = where(greater(fixed, kth), 3 * n, where(less(fixed, kth), n, place));
  return greaterEqual(order, kthLargest(order, k));
}
