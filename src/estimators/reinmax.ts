import { add, customGradient, div, mul, sigmoid, sub, type Tensor } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { number } from "./options/option.ts";
import { drawBits } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";

const slope = (q: Tensor): Tensor => mul(q, sub(1, q));

/**
 * ĝ = ∂L/∂h · (2q(1 − q) − ½p(1 − p)), q = ½(σ(a/τ) + b): straight-through made second-order by Heun's method. At τ = 1 the factor
 * is ½(1 − p) where b = 1 and ½p where b = 0, so that its mean is p(1 − p) times the mean of the slopes at 0 and at 1.
 */
export const reinmax = configurable({
  card: {
    name: "reinmax",
    title: "ReinMax",
    family: "straight-through",
    summary: "Straight-through of second order: weighs the loss's slopes at 0 and at 1 equally (Heun's method).",
    formula: String.raw`\frac{\partial L}{\partial h}\left(2q(1-q)-\tfrac12p(1-p)\right),\quad q=\tfrac12\left(\sigma(a/\tau)+h\right)`,
    source:
      "Liu, Dong, Liu, Yu and Gao 2023, Bridging discrete and backpropagation: straight-through and beyond, https://arxiv.org/abs/2304.08612",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "Of third order at τ = 1: zero where the loss is at most quadratic in each unit; reads the loss off {0, 1}.",
    use: "As the first choice of the estimators of one pass, where the loss is smooth between 0 and 1.",
    avoid: "Where a unit's effect on the loss isn't smooth (behind a hard layer, say), or no bias is allowed.",
  },
  options: {
    temperature: number(1, { atLeast: 1 }, "τ: above 1 it lowers the variance and gives up second order"),
  },
  make: ({ temperature }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const { p, b } = drawBits(a, key);
      const q = mul(add(temperature === 1 ? p : sigmoid(div(a, temperature)), b), 0.5);
      const factor = sub(mul(slope(q), 2), mul(slope(p), 0.5));
      return { loss: downstream(customGradient(b, [a], (g) => [mul(g, factor)])), state };
    },
  }),
});
