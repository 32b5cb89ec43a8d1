import { add, greater, mul, rectifier } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { choice } from "./options/option.ts";
import { noiseOptions, noises } from "./units/noise.ts";
import { pathwise } from "./units/pathwise.ts";

/**
 * h = max(0, a + z), or max(0, a)(1 + z) for multiplicative noise; z of mean 0. Exactly 0 where it is off, and no gradient there.
 * Standard logistic noise gives P(h > 0) = σ(a) and E[h] = softplus(a); Gaussian noise of sd 1 is the paper's in practice.
 */
export const noisyRectifier = configurable({
  card: {
    name: "noisy-rectifier",
    title: "noisy rectifier",
    family: "noise injection",
    summary: "Rectifies a pre-activation with noise added and backpropagates with the noise held fixed.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\mathbb 1[a+z>0]`,
    source:
      "Bengio, Léonard and Courville 2013, Estimating or propagating gradients through stochastic neurons for conditional computation, https://arxiv.org/abs/1308.3432",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "None for the noisy network. Where a unit is closed its gradient is zero.",
    use: "For sparse real-valued gates: closed ones are exactly 0, in training too, and cost nothing.",
    avoid: "Where the unit must be binary; and watch for units that the noise never opens.",
  },
  options: {
    ...noiseOptions,
    readout: choice(
      ["noise-free", "mean"],
      "noise-free",
      "what is sent at test; noise-free: max(0, a); mean: E[h], which is softplus(a) for standard logistic noise",
    ),
  },
  make({ noise: name, sd, injection, readout }) {
    const noise = noises[name];
    const additive = injection === "additive";
    return pathwise({
      sample: (a, key) =>
        additive ? rectifier(add(a, noise.draw(key, a, sd))) : mul(rectifier(a), add(1, noise.draw(key, a, sd))),
      readout: (a) => (additive && readout === "mean" ? noise.mean(a, sd) : rectifier(a)),
      rate: (a) => (additive ? noise.rate(a, sd) : mul(greater(a, 0), noise.kept(sd))),
      stochastic: true,
      formula: additive ? "max(0, a + z)" : "max(0, a) (1 + z)",
    });
  },
});
