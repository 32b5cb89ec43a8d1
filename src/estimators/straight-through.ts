import { copyGradient } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** ĝ = ∂L/∂h: the backward pass goes through the decision as if it were the identity. */
export const straightThrough: Estimator = {
  card: {
    name: "straight-through",
    title: "straight-through",
    family: "straight-through",
    summary: "Copies the gradient with respect to the sample to the pre-activation.",
    formula: String.raw`\frac{\partial L}{\partial h}`,
    source:
      "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, which name Hinton 2012, Neural networks for machine learning, lecture 9. The lecture's backward pass is that of a logistic unit, which has the factor σ′: straight-through-slope",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "Its scale lacks σ′(a), and it ignores how the loss bends between 0 and 1.",
    use: "For gates that multiply other units, where the paper found it best.",
    avoid:
      "As a whole hidden layer: the gradient does not depend on what the units did, and features stay as they began.",
  },
  unit: bernoulli,
  estimate: (a, key, downstream, state) => ({ loss: downstream(copyGradient(bernoulli.sample(a, key), a)), state }),
};
