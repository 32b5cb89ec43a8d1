import { add, cast, mul, sub } from "../graph/index.ts";
import { configurable } from "../options/index.ts";
import { momentumOptions, nextVelocity } from "./momentum.ts";
import type { Optimizer, OptimizerCard } from "./optimizer.ts";
import { mapTrees, zerosOf } from "./trees.ts";

export const card: OptimizerCard = {
  title: "Nesterov's accelerated gradient",
  summary: "Momentum whose gradient is taken where the next step begins.",
  formula: "v \\leftarrow \\mu v + g,\\; \\theta \\leftarrow \\theta - \\eta\\,(g + \\mu v)",
  memory: 1,
  source:
    "Sutskever et al. 2013, On the importance of initialization and momentum in deep learning, https://proceedings.mlr.press/v28/sutskever13.html; in the form of Bengio, Boulanger-Lewandowski and Pascanu 2013, https://arxiv.org/abs/1212.0901",
};

/**
 * Nesterov's accelerated gradient: v ← μv + g, θ ← θ − rate·(g + μv), v = 0 at first.
 * The parameters kept are the looked-ahead ones, so the gradient is taken where they stand.
 * Throws UserError for a μ outside of [0, 1). Sutskever et al., "On the importance of initialization and momentum in deep
 * learning", 2013, in the form of Bengio, Boulanger-Lewandowski and Pascanu, 2013.
 */
export const nesterov = configurable("nesterov", momentumOptions, ({ momentum: mu }): Optimizer => {
  return {
    init: (params) => ({ velocity: zerosOf(params) }),
    update(params, grads, state, rate) {
      const velocity = nextVelocity(state, grads, mu);
      const ahead = mapTrees((g, v) => add(g!, mul(v!, mu)), grads, velocity);
      return { params: mapTrees((p, d) => sub(p!, mul(cast(rate, p!.dtype), d!)), params, ahead), state: { velocity } };
    },
  };
});
