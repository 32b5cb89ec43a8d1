import { add, copyGradient, div, exp, largest, max, mul, sigmoid, softmax, sum, type Tensor } from "../graph/index.ts";
import type { Key } from "../random/key.ts";
import { checkNumber } from "../rules.ts";
import type { Card, Unit } from "./estimator.ts";
import { configurable } from "./options/configurable.ts";
import { choice, number } from "./options/option.ts";
import { pathwise } from "./units/pathwise.ts";

/** What the chosen units output: m, 1 at the k chosen, and the scores that they were chosen by, both [B, H] → [B, H], 0 where m is 0. */
const values = {
  softmax: (m: Tensor, scores: Tensor): Tensor => mul(softmax(scores), m),
  renormalised(m: Tensor, scores: Tensor): Tensor {
    // The largest is always chosen: what it is taken off makes no difference, and no sum is 0.
    const weights = mul(exp(scores.sub(max(scores, 1, { keep: true }))), m);
    return div(weights, sum(weights, 1, { keep: true }));
  },
  sigmoid: (m: Tensor, scores: Tensor): Tensor => mul(sigmoid(scores), m),
  one: (m: Tensor, scores: Tensor): Tensor => copyGradient(m, mul(m, scores)),
};

const card: Card = {
  name: "top-k",
  title: "top-k",
  family: "selection",
  summary:
    "Opens the k units of the largest pre-activations, with noise where wanted, and backpropagates through what those send.",
  formula: String.raw`\sum_{i:\,m_i=1}\frac{\partial L}{\partial h_i}\,\frac{\partial h_i}{\partial a},\; m=\mathbb 1[a+z\text{ is among the }k\text{ largest}]`,
  source:
    "Shazeer et al. 2017, Outrageously large neural networks: the sparsely-gated mixture-of-experts layer, https://arxiv.org/abs/1701.06538; Fedus, Zoph and Shazeer 2021, Switch transformers, https://arxiv.org/abs/2101.03961",
  unbiased: false,
  passes: 1,
  backward: 1,
  readsPath: true,
  readsLoss: false,
  readsClosedGates: false,
  bias: "What the loss would be with another choice is not seen. Without noise the gradient is right but for the jumps where the choice changes (value one: but for all, its true gradient being 0); with noise those jumps are the bias.",
  use: "For gates of which exactly k should be open, whatever they say: the same work for every example.",
  avoid:
    "Where examples should differ in how many gates they open, or where few gates would take all examples: it needs something that balances them.",
};

/**
 * Exactly k of a layer's units output something, those of the largest scores a + z, among equals the first: gates that compete. Backward the
 * choice is held fixed, so that closed units are never asked what they would have done.
 */
export const topK = configurable({
  card,
  options: {
    k: number(1, { whole: true, atLeast: 1 }, "how many units are open, of all of the layer's"),
    noise: choice(["none", "gaussian"], "none", "noise that is added before choosing, in training only"),
    sd: number(
      1,
      { above: 0 },
      "standard deviation of the noise, the same for all units (Shazeer et al. learn one for each)",
    ),
    value: choice(
      ["softmax", "renormalised", "sigmoid", "one"],
      "softmax",
      "what an open unit outputs; softmax: its weight among all; renormalised: its weight among the open, which for k = 1 is 1; sigmoid: σ of its score; one: 1, with the gradient copied to its score",
    ),
  },
  make({ k, noise, sd, value }) {
    const checkUnits = (units: number): void =>
      checkNumber("top-k: k, of the units of its layer,", k, { atMost: units });
    const choose = (a: Tensor): Tensor => {
      checkUnits(a.shape[1]!);
      return largest(a, k);
    };
    const noisy = (a: Tensor, key: Key): Tensor => add(a, mul(key.normal(a.shape, { dtype: a.dtype }), sd));
    const unit = (bias?: Tensor): Unit => {
      const chosen = (scores: Tensor): Tensor => choose(bias ? add(scores, bias) : scores);
      const send = (scores: Tensor): Tensor => values[value](chosen(scores), scores);
      return {
        sample: (a, key) => send(noise === "none" ? a : noisy(a, key)),
        readout: send,
        rate: chosen, // with noise there is no closed form: that of the noise-free choice
        biased: unit,
        stochastic: noise !== "none",
      };
    };
    return { card: { ...card, unbiased: noise === "none" && value !== "one" }, checkUnits, ...pathwise(unit()) };
  },
});
