import { add, attachGradient, expandDims, mul, sub, sum } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { pathGradient } from "./path-gradient.ts";
import { drawBits } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = (L(b) − L(p) − L′(p)ᵀ(b − p))(b − p) + L′(p) p(1 − p): the score function of what a first-order expansion at the mean p leaves
 * over, and the gradient of the expansion in closed form. What the expansion is off by in later layers cancels too: their noise is
 * the same in both passes.
 */
export const muprop: Estimator = {
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
    bias: "None. The paper's pass at the mean is a mean-field one in later layers too; here they draw their bits.",
    use: "Where the loss is nearly linear in the units: where it is linear there is no variance at all.",
    avoid: "With later layers that draw bits: their step functions make the expansion a poor one.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const { p, b } = drawBits(a, key);
    const loss = downstream(b);
    const { loss: atMean, gradient } = pathGradient(downstream, p);
    const deviation = sub(b, p);
    const left = sub(sub(loss, atMean), sum(mul(gradient, deviation), 1));
    const g = add(mul(deviation, expandDims(left, 1)), mul(gradient, mul(p, sub(1, p))));
    return { loss: attachGradient(loss, a, g), state };
  },
};
