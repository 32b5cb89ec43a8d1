import { type Axes, type ReduceOptions, reduceAttrs } from "../axes.ts";
import { isFloat, showSpec } from "../ndarray.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";
import { sum } from "./sum.ts";

/**
 * The mean over `axes` (default: all); with `keep` they stay, with length 1. The mean of nothing is NaN.
 * [...] → [...] without these axes. Throws ShapeError for whole numbers, and for an axis that there is not.
 */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const { axes: reduced } = reduceAttrs("mean", x, axes, options);
  if (!isFloat(x.dtype)) throw shapeError(`mean: needs floating-point numbers, received ${showSpec(x)}`);
  const count = reduced.reduce((n, axis) => n * x.shape[axis]!, 1);
  return div(sum(x, axes, options), count);
}
