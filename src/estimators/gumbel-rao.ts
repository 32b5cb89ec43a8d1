import { add, customGradient, div, mul, sigmoid, stopGradient, sub, type Tensor } from "../graph/index.ts";
import { temperatureOption } from "./concrete.ts";
import { configurable } from "./options/configurable.ts";
import { choice, MOST_SAMPLES, number } from "./options/option.ts";
import { drawBits, noisyLogitGiven } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = ∂L/∂h · mean over K of z(1 − z)/τ, z the Concrete values of K draws of the noise *given the bit that was sent*: the mean of
 * straight-through-gumbel, with less variance.
 */
export const gumbelRao = configurable({
  card: {
    name: "gumbel-rao",
    title: "Gumbel–Rao",
    family: "straight-through",
    summary: "Straight-through Gumbel-softmax with its slope averaged over several noises that give the same bit.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\frac1K\sum_{k}\frac{z_k(1-z_k)}{\tau},\quad z_k=\sigma\!\left(\frac{a+\ell_k}{\tau}\right),\ \ell_k\sim\text{logistic given }h`,
    source:
      "Paulus, Maddison and Krause 2021, Rao-Blackwellizing the straight-through Gumbel-softmax gradient estimator, https://arxiv.org/abs/2010.04838",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "That of straight-through-gumbel, exactly; with derivative total, as the paper's text has it, another one.",
    use: "Instead of straight-through-gumbel, most of all at low temperature: the draws cost no pass through the rest.",
    avoid: "Where an unbiased estimate is needed, or the layer is so wide that its noise is what a step costs.",
  },
  options: {
    samples: number(10, { whole: true, atLeast: 1, atMost: MOST_SAMPLES }, "K: draws of the noise given the bit"),
    temperature: temperatureOption(1),
    derivative: choice(
      ["logits", "total"],
      "logits",
      "of z with respect to a; logits: with the noise held fixed, as in public code, which gives straight-through-gumbel's mean; total: also through the noise given the bit, as the paper says",
    ),
  },
  make: ({ samples, temperature, derivative }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const { b } = drawBits(a, key);
      const at = stopGradient(a);
      let slope: Tensor | undefined;
      for (let k = 1; k <= samples; k++) {
        const given = noisyLogitGiven(at, b, key.fold(k).uniform(a.shape, { dtype: a.dtype }));
        const z = sigmoid(div(given.z, temperature));
        const one = mul(mul(z, sub(1, z)), derivative === "total" ? given.slope : 1);
        slope = slope ? add(slope, one) : one;
      }
      const mean = div(slope!, samples * temperature);
      return { loss: downstream(customGradient(b, [a], (g) => [mul(g, mean)])), state };
    },
  }),
});
