import { copyGradient, greater, sigmoid } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { deterministic } from "./units/deterministic.ts";

/**
 * h = 1[σ(a) > ½], decided without noise; ĝ = ∂L/∂h · σ′(a), as straight-through-slope.ts. The loss is flat in `a` but for its jumps,
 * so there is no gradient that this could be an estimate of.
 */
export const threshold: Estimator = {
  card: {
    name: "threshold",
    title: "threshold, straight-through × σ′",
    family: "straight-through",
    summary: "Decides without noise, 1 where a > 0, and goes backward as if it had sent σ(a).",
    formula: String.raw`\frac{\partial L}{\partial h}\,\sigma(a)(1-\sigma(a))`,
    source:
      "Hinton 2012, Neural networks for machine learning, lecture 9; Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "The true gradient is 0 almost everywhere; this one says how the loss would change if σ(a) were sent.",
    use: "For units that must decide alike in training and at test; beside the noisy ones, to see what the noise does.",
    avoid:
      "Where a unit should try both of its values: one that is far from 0 never finds out what the other is worth.",
  },
  unit: deterministic(
    (a) => greater(a, 0),
    (a) => greater(a, 0),
  ),
  estimate: (a, _key, downstream, state) => ({ loss: downstream(copyGradient(greater(a, 0), sigmoid(a))), state }),
};
