import { add, cast, constant, div, mul, NdArray, sqrt, square, sub, type Tensor, type Tree } from "../graph/index.ts";
import { configurable, number } from "../options/index.ts";
import type { Optimizer, OptimizerCard } from "./optimizer.ts";
import { mapTrees, zerosOf } from "./trees.ts";

export const card: OptimizerCard = {
  title: "Adam",
  summary: "A rate for each parameter, by the mean and the mean square of its gradients.",
  formula:
    "m \\leftarrow \\beta_1 m + (1-\\beta_1)\\,g,\\; v \\leftarrow \\beta_2 v + (1-\\beta_2)\\,g^2,\\; \\theta \\leftarrow \\theta - \\eta\\,\\frac{m/(1-\\beta_1^t)}{\\sqrt{v/(1-\\beta_2^t)} + \\varepsilon}",
  memory: 2,
  source: "Kingma and Ba 2015, Adam: a method for stochastic optimization, https://arxiv.org/abs/1412.6980",
};

const options = {
  beta1: number({ atLeast: 0, below: 1 }, "β₁: what stays of the mean in a step", { default: 0.9 }),
  beta2: number({ atLeast: 0, below: 1 }, "β₂: what stays of the mean square in a step", { default: 0.999 }),
  epsilon: number({ above: 0 }, "ε, added to the root", { default: 1e-8 }),
};

type State = {
  readonly mean: Tree<Tensor>;
  readonly square: Tree<Tensor>;
  readonly meanWeight: Tensor;
  readonly squareWeight: Tensor;
};

/**
 * Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − rate·m̂/(√v̂ + ε), m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
 *
 * The corrections 1 − βᵗ are kept as running averages of ones, w ← βw + (1 − β), in the state: they never call `pow`, don't
 * depend on a step counter, and round as m and v do, so that a constant gradient has m̂/√v̂ = ±1 from the first step on.
 *
 * Throws UserError for an option outside of its range. Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
 */
export const adam = configurable("adam", options, ({ beta1, beta2, epsilon }): Optimizer => {
  // As a step towards x: one product, which the planner joins to the gradient's own matrix product.
  const average = (before: Tensor, x: Tensor, beta: number): Tensor => add(before, mul(sub(x, before), 1 - beta));
  return {
    init: (params) => ({
      mean: zerosOf(params),
      square: zerosOf(params),
      meanWeight: NdArray.zeros([]),
      squareWeight: NdArray.zeros([]),
    }),
    update(params, grads, state, rate) {
      const before = state as State;
      const mean = mapTrees((g, m) => average(m!, g!, beta1), grads, before.mean);
      const second = mapTrees((g, v) => average(v!, square(g!), beta2), grads, before.square);
      const meanWeight = average(before.meanWeight, constant(1, before.meanWeight.dtype), beta1);
      const squareWeight = average(before.squareWeight, constant(1, before.squareWeight.dtype), beta2);
      // One number, so that the step needs one product a parameter and not two quotients.
      const corrected = div(cast(rate, meanWeight.dtype), meanWeight);
      const next = mapTrees(
        (p, m, v) => {
          const scale = add(sqrt(div(v!, cast(squareWeight, p!.dtype))), epsilon);
          return sub(p!, div(mul(m!, cast(corrected, p!.dtype)), scale));
        },
        params,
        mean,
        second,
      );
      return { params: next, state: { mean, square: second, meanWeight, squareWeight } };
    },
  };
});
