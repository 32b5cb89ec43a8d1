import { div, mapTree, maximum, mul, sqrt, square, sum, type Tensor } from "../graph/index.ts";
import { checkNumber } from "../rules.ts";
import type { Optimizer } from "./optimizer.ts";
import { isWeight } from "./trees.ts";

/** The axes of a parameter along which the incoming weights of one unit lie, such as [0] for a weight matrix [in, out]. */
export type Incoming = (path: string) => readonly number[] | undefined;

/**
 * `optimizer`'s step, and after it w ← w·min(1, limit/‖w‖) for the incoming weights w of each unit (a column of a weight
 * matrix [in, out]); biases are left alone. Throws UserError unless limit > 0.
 * @param incoming the axes along which a unit's incoming weights lie, for the parameter at a path; all but the last where it says none
 * Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", 2005; Hinton et al., "Improving neural networks by
 * preventing co-adaptation of feature detectors", 2012.
 */
export function maxNorm(optimizer: Optimizer, limit: number, incoming: Incoming = () => undefined): Optimizer {
  checkNumber("max-norm: limit", limit, { above: 0 });
  return {
    ...optimizer,
    update(params, grads, state, rate) {
      const next = optimizer.update(params, grads, state, rate);
      const project = (p: Tensor, path: string): Tensor => (isWeight(p) ? projected(p, limit, incoming(path)) : p);
      return { params: mapTree(next.params, project), state: next.state };
    },
  };
}

/** Units within the limit are multiplied by exactly 1. */
function projected(
  w: Tensor,
  limit: number,
  axes: readonly number[] = w.shape.map((_, axis) => axis).slice(0, -1),
): Tensor {
  const norm = sqrt(sum(square(w), [...axes], { keep: true }));
  return mul(w, div(limit, maximum(norm, limit)));
}
