import { cast, mul, sub } from "../graph/index.ts";
import { configurable } from "../options/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { mapTrees } from "./trees.ts";

/** Stochastic gradient descent: θ ← θ − rate·g. It has no memory. */
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
