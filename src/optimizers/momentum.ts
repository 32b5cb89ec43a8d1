import { add, cast, mul, sub, type Tensor, type Tree } from "../graph/index.ts";
import { configurable, number } from "../options/index.ts";
import type { Optimizer, OptimizerCard } from "./optimizer.ts";
import { mapTrees, zerosOf } from "./trees.ts";

export const card: OptimizerCard = {
  title: "momentum (the heavy ball)",
  summary: "Steps along a decaying sum of gradients. A changing rate acts at once, as the sum is of gradients.",
  formula: "v \\leftarrow \\mu v + g,\\; \\theta \\leftarrow \\theta - \\eta\\,v",
  memory: 1,
  source:
    "Polyak 1964, Some methods of speeding up the convergence of iteration methods, https://doi.org/10.1016/0041-5553(64)90137-5",
};

export const momentumOptions = {
  momentum: number({ atLeast: 0, below: 1 }, "μ of momentum and nesterov", {
    default: 0.9,
    flag: "--momentum <number>",
  }),
};

/**
 * Gradient descent with momentum (the heavy ball): v ← μv + g, θ ← θ − rate·v, v = 0 at first.
 * A changing rate acts at once, because v holds gradients and not steps.
 * Throws UserError for a μ outside of [0, 1). Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
 */
export const momentum = configurable("momentum", momentumOptions, ({ momentum: mu }): Optimizer => {
  return {
    init: (params) => ({ velocity: zerosOf(params) }),
    update(params, grads, state, rate) {
      const velocity = nextVelocity(state, grads, mu);
      return {
        params: mapTrees((p, v) => sub(p!, mul(cast(rate, p!.dtype), v!)), params, velocity),
        state: { velocity },
      };
    },
  };
});

/** μv + g. */
export const nextVelocity = (state: Tree<Tensor>, grads: Tree<Tensor>, mu: number): Tree<Tensor> =>
  mapTrees((g, v) => add(mul(v!, mu), g!), grads, (state as { velocity: Tree<Tensor> }).velocity);
