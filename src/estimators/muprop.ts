import { add, attachGradient, expandDims, mul, sub, sum } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { choice } from "./options/option.ts";
import { pathGradient } from "./path-gradient.ts";
import { drawBits } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = (L(b) − L(p) − L′(p)ᵀ(b − p))(b − p) + L′(p) p(1 − p): the score function of what a first-order expansion at the mean p leaves
 * over, and the gradient of the expansion in closed form. The expansion may be of another loss than that of the bits, as a mean-field
 * pass through later layers gives it: what it is off by has mean 0 all the same, since it doesn't depend on b.
 */
export const muprop = configurable({
  card: {
    name: "muprop",
    title: "MuProp",
    family: "control variate",
    summary: "The score function of the loss less its linear part at the units' mean, whose gradient is added exactly.",
    formula: String.raw`\left(L(h)-L(p)-L'(p)^\top(h-p)\right)(h-p)+L'(p)\,p(1-p)`,
    source:
      "Gu, Levine, Sutskever and Mnih 2016, MuProp: unbiased backpropagation for stochastic neural networks, https://arxiv.org/abs/1511.05176",
    unbiased: true,
    passes: 2,
    backward: 2,
    readsPath: true,
    readsLoss: true,
    readsClosedGates: false,
    bias: "None, whatever the pass at the mean says: it doesn't depend on the bits.",
    use: "Where the loss is nearly linear in the units: where it is linear there is no variance at all.",
    avoid: "In front of later layers whose bits matter one by one: a pass of means says little about them.",
  },
  options: {
    later: choice(
      ["mean", "sample"],
      "mean",
      "what later layers output in the pass at the mean; mean: their means, as in the paper; sample: bits, with the noise of the live pass (better only where later layers' derivatives have little variance)",
    ),
  },
  make: ({ later }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const { p, b } = drawBits(a, key);
      const loss = downstream(b);
      const { loss: atMean, gradient } = pathGradient(downstream, p, later === "mean" ? "mean" : "path");
      const deviation = sub(b, p);
      const left = sub(sub(loss, atMean), sum(mul(gradient, deviation), 1));
      const g = add(mul(deviation, expandDims(left, 1)), mul(gradient, mul(p, sub(1, p))));
      return { loss: attachGradient(loss, a, g), state };
    },
  }),
});
