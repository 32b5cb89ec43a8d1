import { type Axes, type ReduceOptions, reduceAttrs } from "../axes.ts";
import { extremum } from "../extremum.ts";
import { apply } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export const maxOp = extremum("max", "MAX", -Infinity, Math.max);

/**
 * The largest over `axes` (default: all; kept with length 1 with `keep`); NaN if any is. Ties share the
 * gradient evenly. [...] → [...] without these axes. Throws ShapeError for an axis that there is not.
 */
export const max = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(maxOp, [x], reduceAttrs("max", x, axes, options));
