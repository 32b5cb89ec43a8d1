import { attachGradient, expandDims, mul, sigmoid, sub } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** ĝ = (h − σ(a)) L: the loss times the derivative of the sample's log-probability. Unbiased, of high variance. */
export const scoreFunction: Estimator = {
  card: {
    name: "score-function",
    title: "score function",
    family: "score function",
    summary:
      "Correlates each unit's noise with the loss (REINFORCE): needs no derivative of the loss, and no baseline.",
    formula: String.raw`(h-\sigma(a))\,L`,
    source:
      "Williams 1992, Simple statistical gradient-following algorithms for connectionist reinforcement learning, https://doi.org/10.1007/BF00992696; Theorem 1 of Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "Where the loss has no derivative, and as the definition that the others are compared with.",
    avoid: "Nearly always otherwise: its variance grows with the loss itself and with the number of units.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const p = sigmoid(a);
    const h = key.bernoulli(p);
    const loss = downstream(h);
    return { loss: attachGradient(loss, a, mul(sub(h, p), expandDims(loss, 1))), state };
  },
};
