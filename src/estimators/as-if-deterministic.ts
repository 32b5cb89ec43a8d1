import { copyGradient, sigmoid } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = ∂L/∂h at h = p, times σ′(a): the value is the sample's loss, the whole backward pass is that of a network whose units sent
 * p = σ(a). So the weights that read the units are given p and not the sample, too.
 *
 * This is the second reading of the lecture's "as if the unit had been deterministic"; for the first, in which only the units' own
 * backward pass is changed, see straight-through-slope.ts.
 */
export const asIfDeterministic: Estimator = {
  card: {
    name: "as-if-deterministic",
    title: "as if deterministic",
    family: "straight-through",
    summary:
      "Outputs the sample in the forward pass; the backward pass through the downstream network is that for the output σ(a).",
    formula: String.raw`\left.\frac{\partial L}{\partial h}\right|_{h=\sigma(a)}\sigma(a)(1-\sigma(a))`,
    source:
      "a second reading of Hinton 2012, Neural networks for machine learning, lecture 9; the usual one, which changes the unit's own backward pass alone, is straight-through-slope",
    unbiased: false,
    passes: 2,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "Everything after the layer is differentiated at the mean and not at the sample: zero where the loss is linear in the whole layer.",
    use: "To see what this reading of the lecture does; gradients have no noise from this layer.",
    avoid: "For deep stacks: what later layers learn from is never what they receive.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const p = sigmoid(a);
    return { loss: copyGradient(downstream(key.bernoulli(p), "detached"), downstream(p)), state };
  },
};
