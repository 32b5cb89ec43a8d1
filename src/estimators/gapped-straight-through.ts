import { customGradient, div, maximum, mul, sigmoid, softplus, sub } from "../graph/index.ts";
import { temperatureOption } from "./concrete.ts";
import { configurable } from "./options/configurable.ts";
import { choice, number } from "./options/option.ts";
import { drawBits } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = ∂L/∂h · z(1 − z)/τ, z = σ(m/τ), where m is the pre-activation moved, without noise, to where it agrees with the bit by at
 * least a gap: max(a, gap) where b = 1, min(a, −gap) where b = 0. For two classes, the paper's moves of both logits come to this.
 */
export const gappedStraightThrough = configurable({
  card: {
    name: "gapped-straight-through",
    title: "gapped straight-through",
    family: "straight-through",
    summary: "Backpropagates through a sigmoid at a pre-activation moved just so far that it agrees with the bit.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\frac{z(1-z)}{\tau},\quad z=\sigma\!\left(\frac{(2h-1)\max((2h-1)a,\ \text{gap})}{\tau}\right)`,
    source:
      "Fan, Chi, Rudnicky and Ramadge 2022, Training discrete deep generative models via gapped straight-through estimator, https://arxiv.org/abs/2206.07235",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "Of first order: not zero even where the loss is linear; reads the loss off {0, 1}.",
    use: "Where gumbel-rao is wanted without its noise: given the bit the slope is fixed.",
    avoid: "Where the size of the gradient matters: with a gap the slope is below σ(a)(1 − σ(a)) for undecided units.",
  },
  options: {
    temperature: temperatureOption(1),
    gap: choice(
      ["fixed", "probability"],
      "fixed",
      "how far a bit is from being undecided; fixed: `width`; probability: −log(1 − π)/π with π the probability of the bit that was drawn, whatever the width",
    ),
    width: number(1, { atLeast: 0 }, "the fixed gap"),
  },
  make: ({ temperature, gap, width }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const { b } = drawBits(a, key);
      const towards = mul(a, sub(mul(b, 2), 1)); // ±a, + where b is 1: σ of it is the probability of the bit that was drawn
      const least = gap === "fixed" ? width : div(softplus(towards), sigmoid(towards));
      const z = sigmoid(div(maximum(towards, least), temperature)); // z(1 − z) is the same for −m
      return { loss: downstream(customGradient(b, [a], (g) => [mul(g, div(mul(z, sub(1, z)), temperature))])), state };
    },
  }),
});
