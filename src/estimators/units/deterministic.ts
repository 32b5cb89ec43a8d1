import type { Tensor } from "../../graph/index.ts";
import type { Unit } from "../estimator.ts";

/**
 * A unit without noise: it outputs f(a) in training and at test; `formula` says so on paper. a [B, H] → f(a)
 * [B, H].
 */
export const deterministic = (f: (a: Tensor) => Tensor, formula: string, rate?: (a: Tensor) => Tensor): Unit => ({
  sample: (a) => f(a),
  readout: f,
  ...(rate && { rate }),
  stochastic: false,
  formula,
});
