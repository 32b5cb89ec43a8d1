import { copyGradient, sigmoid } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = ∂L/∂h · σ′(a): the gradient with respect to the sample goes to its probability. Exact where the loss is linear in each unit.
 *
 * This is the first reading of the lecture's "as if the unit had been deterministic": the units' own backward pass. The rest of the
 * network is still differentiated at the sample; for the second reading see as-if-deterministic.ts.
 */
export const straightThroughSlope: Estimator = {
  card: {
    name: "straight-through-slope",
    title: "straight-through × σ′",
    family: "straight-through",
    summary:
      "Copies the gradient with respect to the sample to the unit's probability, and on through the sigmoid: the unit's backward pass goes as if it had sent σ(a).",
    formula: String.raw`\frac{\partial L}{\partial h}\,\sigma(a)(1-\sigma(a))`,
    source:
      "Hinton 2012, Neural networks for machine learning, lecture 9; Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "Zero where the loss is linear in each unit between 0 and 1; otherwise what it bends.",
    use: "As the first choice for hidden binary units: little variance at the price of one pass.",
    avoid: "Where the loss bends a lot in single units, or where a proof of convergence is needed.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const p = sigmoid(a);
    return { loss: downstream(copyGradient(key.bernoulli(p), p)), state };
  },
};
