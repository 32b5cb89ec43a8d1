import { type Axes, type ReduceOptions, reduceAttrs } from "../axes.ts";
import { extremum } from "../extremum.ts";
import { apply } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export const minOp = extremum("min", "MIN", Infinity, Math.min);

/**
 * The smallest over `axes` (default: all; kept with length 1 with `keep`); NaN if any is. Ties share the
 * gradient evenly. [...] → [...] without these axes.
 */
export const min = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(minOp, [x], reduceAttrs("min", x, axes, options));
