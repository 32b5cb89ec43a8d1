import { add, array, attachGradient, div, exp, mul, sigmoid, stopGradient, type Tensor } from "../graph/index.ts";
import { tile } from "../random/index.ts";
import type { Card } from "./estimator.ts";
import { configurable } from "./options/configurable.ts";
import { choice, number } from "./options/option.ts";
import { couplingOption, drawBits, relaxedControl, withControl } from "./relaxation.ts";
import { bernoulli } from "./units/bernoulli.ts";
import { descendVariance, learnedState, rateOption } from "./variance-descent.ts";

const card: Card = {
  name: "rebar",
  title: "REBAR",
  family: "control variate",
  summary: "The score function, less what the loss of relaxed bits explains of it, whose gradient is backpropagated.",
  formula: String.raw`\left(L(h)-\eta L(\tilde s)\right)(h-p)+\eta\,\frac{\partial}{\partial a}\left(L(s)-L(\tilde s)\right)`,
  source:
    "Tucker, Mnih, Maddison, Lawson and Sohl-Dickstein 2017, REBAR: low-variance, unbiased gradient estimates for discrete latent variable models, https://arxiv.org/abs/1703.07370",
  unbiased: true,
  passes: 2,
  backward: 2,
  readsPath: true,
  readsLoss: true,
  readsClosedGates: false,
  bias: "None, if later layers are unbiased too: it takes their word for the derivatives of their expected loss.",
  use: "Where no bias is allowed and the loss is smooth between 0 and 1.",
  avoid:
    "Where the loss between 0 and 1 says little about the loss of the bits, as in front of later layers that draw bits: samples of the same cost do as well.",
};

/**
 * ĝ = (L(b) − ηL(s̃))(b − p) + η ∂/∂a (L(s) − L(s̃)), where s is the relaxation of the bits b and s̃ that of noise given b; all L meet
 * the same noise in later layers. η and τ descend the variance after the step that they were used in. With `coupling: tied` s̃ has the
 * value of s, and one pass gives both; with `independent` there are three passes in all.
 */
export const rebar = configurable({
  card,
  options: {
    eta: number(1, {}, "η: scale of the control variate at the start; 0: the score function"),
    temperature: number(0.5, { above: 0 }, "τ of the relaxation at the start"),
    relaxation: choice(
      ["shifted", "concrete"],
      "shifted",
      "where the loss is read; shifted: at σ(z/τ + aτ/(τ + 1)), which is σ(a) for large τ, the paper's; concrete: at σ(z/τ)",
    ),
    coupling: couplingOption,
    rate: rateOption("η"),
    temperatureRate: rateOption("log τ", ", which spares a second derivative of the loss"),
  },
  make: ({ eta, temperature, relaxation, coupling, rate, temperatureRate }) => ({
    ...(coupling === "independent" && { card: { ...card, passes: 3, backward: 3 } }),
    unit: bernoulli,
    init: () => learnedState({ eta: array(eta), logTemperature: array(Math.log(temperature)) }),
    estimate(a, key, downstream, state) {
      const scale = state.eta!;
      const tau = exp(state.logTemperature!);
      const at = stopGradient(a);
      const drawn = drawBits(a, key);
      const loss = downstream(drawn.b);
      const control = relaxedControl(at, key, drawn, coupling, (z) => {
        const relaxed = relaxation === "shifted" ? shifted(z, at, tau) : sigmoid(div(z, tau));
        return mul(downstream(relaxed, "path"), scale);
      });
      const g = withControl(loss, drawn, control);
      return {
        loss: attachGradient(loss, a, g),
        state: descendVariance(state, g, { eta: rate, logTemperature: temperatureRate }),
      };
    },
  }),
});

/** σ(z/τ + aτ/(τ + 1)), for K copies of the batch. z [K·B, H], a [B, H], τ [] */
const shifted = (z: Tensor, a: Tensor, tau: Tensor): Tensor =>
  sigmoid(add(div(z, tau), mul(tile(a, z.shape[0]! / a.shape[0]!), div(tau, add(tau, 1)))));
