import { add, clip, div, mul, sigmoid, sub } from "../graph/index.ts";
import { temperatureOption } from "./concrete.ts";
import { configurable } from "./options/configurable.ts";
import { number } from "./options/option.ts";
import { drawBits, noisyLogit } from "./relaxation.ts";
import { pathwise } from "./units/pathwise.ts";

/**
 * h = min(1, max(0, γ + (ζ − γ)·σ((a + logistic noise)/τ))): a Concrete value stretched over the ends of [0, 1] and clipped, so that
 * it is exactly 0 and exactly 1 with positive probability. P(h ≠ 0) = σ(a − τ log(−γ/ζ)).
 */
export const hardConcrete = configurable({
  card: {
    name: "hard-concrete",
    title: "hard Concrete",
    family: "relaxation",
    summary: "Stretches a Concrete value beyond 0 and 1 and clips it: often exactly off or on, smooth in between.",
    formula: String.raw`\frac{\partial L}{\partial h}\,(\zeta-\gamma)\frac{s(1-s)}{\tau}\,\mathbb 1[0<h<1],\quad s=\sigma\!\left(\frac{a+\ell}{\tau}\right)`,
    source:
      "Louizos, Welling and Kingma 2018, Learning sparse neural networks through L0 regularization, https://arxiv.org/abs/1712.01312",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "None for the network of clipped values, which is what it trains; they are not bits, and a unit that is off gets no gradient in that step.",
    use: "For gates that should be exactly closed, with a penalty on P(h ≠ 0), which has a derivative.",
    avoid: "Where a unit must be 0 or 1 and nothing in between.",
  },
  options: {
    temperature: temperatureOption(2 / 3),
    gamma: number(-0.1, { below: 0 }, "γ: the lower end of the stretched interval"),
    zeta: number(1.1, { above: 1 }, "ζ: its upper end"),
  },
  make({ temperature, gamma, zeta }) {
    const stretched = (s: Parameters<typeof sigmoid>[0]) => clip(add(gamma, mul(sigmoid(s), zeta - gamma)), 0, 1);
    return pathwise({
      sample: (a, key) => stretched(div(noisyLogit(a, drawBits(a, key).u), temperature)),
      readout: stretched,
      rate: (a) => sigmoid(sub(a, temperature * Math.log(-gamma / zeta))),
      stochastic: true,
    });
  },
});
