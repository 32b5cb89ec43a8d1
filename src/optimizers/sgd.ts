import { cast, mul, sub } from "../graph/index.ts";
import { configurable } from "../options/index.ts";
import type { Optimizer, OptimizerCard } from "./optimizer.ts";
import { mapTrees } from "./trees.ts";

export const card: OptimizerCard = {
  title: "stochastic gradient descent",
  summary: "A step against the gradient. It keeps nothing between steps.",
  formula: "\\theta \\leftarrow \\theta - \\eta\\,g",
  memory: 0,
  source: "Robbins and Monro 1951, A stochastic approximation method, https://doi.org/10.1214/aoms/1177729586",
};

/** Stochastic gradient descent: θ ← θ − rate·g. It has no memory. Robbins and Monro, "A stochastic approximation method", 1951. */
export const sgd = configurable(
  "sgd",
  {},
  (): Optimizer => ({
    init: () => ({}),
    update: (params, grads, state, rate) => ({
      params: mapTrees((p, g) => sub(p!, mul(cast(rate, p!.dtype), g!)), params, grads),
      state,
    }),
  }),
);
