import type { Tensor } from "../../graph/index.ts";
import type { Unit } from "../estimator.ts";

/** A unit without noise: it sends f(a) in training and at test. */
export const deterministic = (f: (a: Tensor) => Tensor, rate?: (a: Tensor) => Tensor): Unit => ({
  sample: (a) => f(a),
  readout: f,
  ...(rate && { rate }),
  stochastic: false,
});
