import { add, array, attachGradient, concat, div, exp, mul, sigmoid, stopGradient } from "../graph/index.ts";
import { tile } from "../random/index.ts";
import { init as initNet, type Learned, predict } from "./baselines/learned.ts";
import type { Card } from "./estimator.ts";
import { configurable } from "./options/configurable.ts";
import { MOST_HIDDEN, number } from "./options/option.ts";
import { couplingOption, drawBits, relaxedControl, withControl } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";
import { descendVariance, learnedState, netRates, rateOption } from "./variance-descent.ts";

const card: Card = {
  name: "relax",
  title: "RELAX",
  family: "control variate",
  summary: "REBAR with a small net added to the loss of the relaxed bits, trained to lower the variance.",
  formula: String.raw`\left(L(h)-c(\tilde z)\right)(h-p)+\frac{\partial}{\partial a}\left(c(z)-c(\tilde z)\right),\quad c(z)=\eta L(\sigma(z/\tau))+r_\phi(z,a)`,
  source:
    "Grathwohl, Choi, Wu, Roeder and Duvenaud 2018, Backpropagation through the void: optimizing control variates for black-box gradient estimation, https://arxiv.org/abs/1711.00123",
  unbiased: true,
  passes: 2,
  backward: 2,
  readsPath: true,
  readsLoss: true,
  readsClosedGates: false,
  bias: "None, if later layers are unbiased too: it takes their word for the derivatives of their expected loss.",
  use: "Where training is long enough for the net to learn what the relaxation misses, and no bias is allowed.",
  avoid: "In short training, or where a step must be cheap: the net is differentiated twice.",
};

/**
 * ĝ = (L(b) − c(z̃))(b − p) + ∂/∂a (c(z) − c(z̃)), c(z) = ηL(σ(z/τ)) + r(z, a), r a net of one hidden layer that reads 2σ(z) − 1 and
 * 2p − 1 and starts at 0. η, τ and the net descend the variance, after the step that they were used in. (The paper's nets read the
 * network's input; a layer sees of it what its pre-activations show.) `coupling` is as in REBAR: the paper's algorithm draws z̃
 * independently, its code for autoencoders ties it to z.
 */
export const relax = configurable({
  card,
  options: {
    eta: number(1, {}, "η: weight of the relaxed bits' loss at the start; 0: the net alone"),
    temperature: number(0.5, { above: 0 }, "τ of the relaxation at the start"),
    hidden: number(100, { whole: true, atLeast: 1, atMost: MOST_HIDDEN }, "hidden units of the net"),
    coupling: couplingOption,
    rate: rateOption("η and log τ"),
    netRate: rateOption("the net"),
  },
  make: ({ eta, temperature, hidden, coupling, rate, netRate }) => ({
    ...(coupling === "independent" && { card: { ...card, passes: 3, backward: 3 } }),
    unit: bernoulli,
    init: (units, key) =>
      learnedState({
        eta: array(eta),
        logTemperature: array(Math.log(temperature)),
        ...initNet(2 * units.reduce((n, length) => n * length, 1), hidden, key),
      }),
    estimate(a, key, downstream, state) {
      const at = stopGradient(a);
      const drawn = drawBits(a, key);
      const loss = downstream(drawn.b);
      const control = relaxedControl(at, key, drawn, coupling, (z) => {
        const relaxed = downstream(sigmoid(div(z, exp(state.logTemperature!))), "path");
        const rest = predict(state as Learned, concat([z, tile(at, z.shape[0]! / at.shape[0]!)], 1));
        return add(mul(relaxed, state.eta!), rest);
      });
      const g = withControl(loss, drawn, control);
      const rates = { eta: rate, logTemperature: rate, ...netRates(netRate) };
      return { loss: attachGradient(loss, a, g), state: descendVariance(state, g, rates) };
    },
  }),
});
