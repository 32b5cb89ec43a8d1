import { div, sigmoid } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { number } from "./options/option.ts";
import { drawBits, noisyLogit } from "./relaxation.ts";
import { pathwise } from "./units/pathwise.ts";

/** The option of everything that is made of σ((a + logistic noise)/τ). */
export const temperatureOption = (standard: number) =>
  number(standard, { above: 0 }, "τ: the smaller, the nearer the relaxed values are to 0 and 1, and the steeper");

/**
 * h = σ((a + logistic noise)/τ): above ½ where the bit of the same draw is 1, and the bit itself as τ → 0. The *relaxed* values are
 * what the units output in training; at test they output σ(a), which is the mean of the bit and not quite that of h.
 */
export const concrete = configurable({
  card: {
    name: "concrete",
    title: "Concrete",
    family: "relaxation",
    summary:
      "Outputs a smooth, noisy value near 0 or 1 instead of a bit, and backpropagates through it. At test it outputs σ(a).",
    formula: String.raw`\frac{\partial L}{\partial h}\,\frac{h(1-h)}{\tau},\quad h=\sigma\!\left(\frac{a+\ell}{\tau}\right),\ \ell\sim\text{logistic}`,
    source:
      "Maddison, Mnih and Teh 2017, The Concrete distribution, https://arxiv.org/abs/1611.00712; Jang, Gu and Poole 2017, Categorical reparameterization with Gumbel-softmax, https://arxiv.org/abs/1611.01144",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "None for the network of relaxed values, which is what it trains; against the network of bits it is biased, the less the smaller τ, at the price of variance.",
    use: "Where the downstream network is smooth between 0 and 1 and the relaxed values are allowed in training.",
    avoid:
      "Where units must be exactly 0 or 1 in training, or nothing is known about the loss between 0 and 1: straight-through-gumbel outputs bits.",
  },
  options: { temperature: temperatureOption(2 / 3) },
  make: ({ temperature }) =>
    pathwise({
      sample: (a, key) => sigmoid(div(noisyLogit(a, drawBits(a, key).u), temperature)),
      readout: sigmoid,
      stochastic: true,
    }),
});
