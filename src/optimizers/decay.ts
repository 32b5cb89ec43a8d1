import { add, cast, mul, sub } from "../graph/index.ts";
import type { PartCard } from "../options/index.ts";
import { checkNumber } from "../rules.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Incoming, isWeight, mapTreesAt } from "./trees.ts";

/** What a page says about each kind of weight decay. */
export const cards = {
  l2: {
    title: "L2 penalty",
    summary: "Matrices shrink through the gradient, so momentum and Adam's scaling see it. Biases are left alone.",
    formula: "g \\leftarrow g + \\lambda w",
  },
  decoupledDecay: {
    title: "decoupled weight decay",
    summary: "Matrices shrink beside the optimizer's step, as in AdamW. Biases are left alone.",
    formula: "w \\leftarrow w - \\eta\\lambda w",
    source: "Loshchilov and Hutter 2019, Decoupled weight decay regularization, https://arxiv.org/abs/1711.05101",
  },
} as const satisfies Record<string, PartCard>;

/**
 * `optimizer` on the gradient of the loss plus ½λ‖w‖²: g + λw for weights, g for biases. Momentum and Adam's scaling see the
 * added part. Throws UserError unless λ ≥ 0. Krogh and Hertz, "A simple weight decay can improve generalization", 1991.
 * @param incoming says [] of what is no weight, whatever its rank
 */
export function l2(optimizer: Optimizer, lambda: number, incoming?: Incoming): Optimizer {
  checkNumber("weight decay: rate", lambda, { atLeast: 0 });
  return {
    ...optimizer,
    update: (params, grads, state, rate) =>
      optimizer.update(
        params,
        mapTreesAt((path, p, g) => (isWeight(p!, path, incoming) ? add(g!, mul(p!, lambda)) : g!), params, grads),
        state,
        rate,
      ),
  };
}

/**
 * `optimizer`'s step, and beside it w ← … − rate·λ·w for weights. Throws UserError unless λ ≥ 0.
 * Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
 * @param incoming says [] of what is no weight, whatever its rank
 */
export function decoupledDecay(optimizer: Optimizer, lambda: number, incoming?: Incoming): Optimizer {
  checkNumber("weight decay: rate", lambda, { atLeast: 0 });
  return {
    ...optimizer,
    update(params, grads, state, rate) {
      const next = optimizer.update(params, grads, state, rate);
      return {
        params: mapTreesAt(
          (path, q, p) => (isWeight(p!, path, incoming) ? sub(q!, mul(mul(cast(rate, p!.dtype), lambda), p!)) : q!),
          next.params,
          params,
        ),
        state: next.state,
      };
    },
  };
}
