import { add, div, maximum, mul, sqrt, square, sum, type Tensor, type TreeOf } from "../graph/index.ts";
import type { PartCard } from "../options/index.ts";
import { checkNumber } from "../rules.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Incoming, isWeight, mapTreesAt } from "./trees.ts";

export const card: PartCard = {
  title: "max-norm",
  summary: "After each step, the incoming weights of a unit are scaled down where their norm exceeds a limit.",
  formula: "w \\leftarrow w \\cdot \\min(1, c / \\lVert w\\rVert)",
  source:
    "Hinton et al. 2012, Improving neural networks by preventing co-adaptation of feature detectors, https://arxiv.org/abs/1207.0580",
};

/**
 * `optimizer`'s step, and after it w ← w·min(1, limit/‖w‖) for the incoming weights w of each unit (a column of a weight
 * matrix [in, out]); biases are left alone. A unit's weights become NaN where ‖w‖² overflows. Throws UserError unless limit > 0.
 * Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", 2005; Hinton et al., "Improving neural networks by
 * preventing co-adaptation of feature detectors", 2012.
 * @param incoming the axes along which a unit's incoming weights lie, for the parameter at a path; all but the last where it says none
 */
export function maxNorm(optimizer: Optimizer, limit: number, incoming?: Incoming): Optimizer {
  checkNumber("max-norm: limit", limit, { above: 0 });
  return {
    ...optimizer,
    update(params, grads, state, rate) {
      const next = optimizer.update(params, grads, state, rate);
      return { params: withinNorm(next.params, limit, incoming), state: next.state };
    },
  };
}

/** Parameters with the incoming weights of every unit brought down to `limit` where they exceed it, as maxNorm does after a step. */
export const withinNorm = <P extends TreeOf<Tensor, P>>(params: P, limit: number, incoming?: Incoming): P =>
  mapTreesAt((path, p) => (isWeight(p!, path, incoming) ? projected(p!, limit, incoming?.(path)) : p!), params);

/** Units within the limit are multiplied by exactly 1. */
function projected(
  w: Tensor,
  limit: number,
  axes: readonly number[] = w.shape.map((_, axis) => axis).slice(0, -1),
): Tensor {
  const norm = sqrt(sum(square(w), [...axes], { keep: true }));
  // The last term is 0, or NaN for a norm that isn't finite: limit/∞ = 0 would make such weights 0 without a word.
  return mul(w, add(div(limit, maximum(norm, limit)), mul(norm, 0)));
}
