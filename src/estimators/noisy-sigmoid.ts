import { add, broadcastTo, constant, mul, sigmoid } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { noiseOptions, noises } from "./units/noise.ts";
import { pathwise } from "./units/pathwise.ts";

/** h = σ(a + z), or σ(a)(1 + z) for multiplicative noise; z of mean 0. The readout is σ(a): noise is on in training only. */
export const noisySigmoid = configurable({
  card: {
    name: "noisy-sigmoid",
    title: "sigmoid + noise",
    family: "noise injection",
    summary:
      "Adds noise to the pre-activation (or multiplies the output with it) and backpropagates with the noise held fixed.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\sigma'(a+z)`,
    source:
      "Bengio, Léonard and Courville 2013, Estimating or propagating gradients through stochastic neurons for conditional computation, https://arxiv.org/abs/1308.3432",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "None for the noisy network, whose units output σ(a + z) and not bits.",
    use: "To regularise, or to push units towards saturation before they are made hard.",
    avoid: "Where the unit has to decide: its output is never exactly 0 or 1.",
  },
  options: noiseOptions,
  make({ noise: name, sd, injection }) {
    const noise = noises[name];
    const masked = injection === "multiplicative" && noise.kept(sd) < 1;
    return pathwise({
      sample: (a, key) =>
        injection === "additive"
          ? sigmoid(add(a, noise.draw(key, a, sd)))
          : mul(sigmoid(a), add(1, noise.draw(key, a, sd))),
      readout: sigmoid,
      ...(masked && { rate: (a) => broadcastTo(constant(noise.kept(sd), a.dtype), a.shape) }),
      stochastic: true,
      formula: injection === "additive" ? "σ(a + z)" : "σ(a) (1 + z)",
    });
  },
});
