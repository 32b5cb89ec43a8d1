import { attachGradient, outer, sigmoid, sub } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { send } from "./samples.ts";
import { antithetic, bernoulli } from "./units/bernoulli.ts";

/** ĝ = (L(1[u > 1 − p]) − L(1[u < p]))(u − ½): the loss of an antithetic pair, and the noise that made it. */
export const arm: Estimator = {
  card: {
    name: "arm",
    title: "ARM",
    family: "antithetic",
    summary:
      "Augment-REINFORCE-merge: the difference in loss between an antithetic pair, times the noise that made the pair.",
    formula: String.raw`\left(L(1[u>1-\sigma(a)])-L(1[u<\sigma(a)])\right)(u-\tfrac12)`,
    source:
      "Yin and Zhou 2019, ARM: augment-REINFORCE-merge gradient for stochastic binary networks, https://arxiv.org/abs/1807.11143",
    unbiased: true,
    passes: 2,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "To reproduce work that used it.",
    avoid: "Otherwise: disarm takes the same two passes and never has more variance.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const { u, b, twin } = antithetic(sigmoid(a), key);
    const { loss, losses } = send(downstream, [b, twin], "one");
    const g = outer(sub(losses[1]!, losses[0]!), sub(u, 0.5));
    return { loss: attachGradient(loss, a, g), state };
  },
};
