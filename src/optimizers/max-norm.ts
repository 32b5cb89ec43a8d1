import { div, maximum, mul, sqrt, square, sum, type Tensor } from "../graph/index.ts";
import { checkNumber } from "../rules.ts";
import type { Optimizer } from "./optimizer.ts";
import { isWeight, mapTrees } from "./trees.ts";

/**
 * `optimizer`'s step, and after it w ← w·min(1, limit/‖w‖) for the incoming weights w of each unit (a column of a weight
 * matrix [in, out]); biases are left alone. Throws UserError unless limit > 0.
 * Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", 2005; Hinton et al., "Improving neural networks by
 * preventing co-adaptation of feature detectors", 2012.
 */
export function maxNorm(optimizer: Optimizer, limit: number): Optimizer {
  checkNumber("max-norm: limit", limit, { above: 0 });
  return {
    ...optimizer,
    update(params, grads, state, rate) {
      const next = optimizer.update(params, grads, state, rate);
      return { params: mapTrees((p) => (isWeight(p!) ? project(p!, limit) : p!), next.params), state: next.state };
    },
  };
}

/** Columns within the limit are multiplied by exactly 1. w [..., out] */
function project(w: Tensor, limit: number): Tensor {
  const incoming = w.shape.map((_, axis) => axis).slice(0, -1);
  const norm = sqrt(sum(square(w), incoming, { keep: true }));
  return mul(w, div(limit, maximum(norm, limit)));
}
