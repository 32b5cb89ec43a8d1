import { add, cast, mul, sub } from "../graph/index.ts";
import { checkNumber } from "../rules.ts";
import type { Optimizer } from "./optimizer.ts";
import { isWeight, mapTrees } from "./trees.ts";

/**
 * `optimizer` on the gradient of the loss plus ½λ‖w‖²: g + λw for weights, g for biases. Momentum and Adam's scaling see the
 * added part. Throws UserError unless λ ≥ 0.
 */
export function l2(optimizer: Optimizer, lambda: number): Optimizer {
  checkNumber("weight decay: rate", lambda, { atLeast: 0 });
  return {
    ...optimizer,
    update: (params, grads, state, rate) =>
      optimizer.update(
        params,
        mapTrees((p, g) => (isWeight(p!) ? add(g!, mul(p!, lambda)) : g!), params, grads),
        state,
        rate,
      ),
  };
}

/**
 * `optimizer`'s step, and beside it w ← … − rate·λ·w for weights. Throws UserError unless λ ≥ 0.
 * Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
 */
export function decoupledDecay(optimizer: Optimizer, lambda: number): Optimizer {
  checkNumber("weight decay: rate", lambda, { atLeast: 0 });
  return {
    ...optimizer,
    update(params, grads, state, rate) {
      const next = optimizer.update(params, grads, state, rate);
      return {
        params: mapTrees(
          (q, p) => (isWeight(p!) ? sub(q!, mul(mul(cast(rate, p!.dtype), lambda), p!)) : q!),
          next.params,
          params,
        ),
        state: next.state,
      };
    },
  };
}
