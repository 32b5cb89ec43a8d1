import { exp, mul, neg, sigmoid, softplus, type Tensor } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { choice } from "./options/option.ts";
import { pathwise } from "./units/pathwise.ts";

/** √σ(a) = exp(−½ softplus(−a)): a form whose derivative stays finite where σ(a) underflows. */
const rootOfSigmoid = (a: Tensor): Tensor => exp(mul(softplus(neg(a)), -0.5));

/**
 * h = b·√p with p = σ(a), b ~ Bernoulli(√p): E[h] = p, P(h > 0) = √p. Backpropagation holds b fixed: ∂h/∂a = b·½√p(1 − p).
 * A unit is on more often than its mean says: at p = 0.1 it is on 32% of the time, and 10% needs p = 0.01.
 */
export const smoothTimesStochastic = configurable({
  card: {
    name: "smooth-times-stochastic",
    title: "smooth times stochastic",
    family: "decomposition",
    summary: "Splits the unit into a smooth and a stochastic factor and backpropagates through the smooth one.",
    formula: String.raw`\frac{\partial L}{\partial h}\,b\,\tfrac12\sqrt{p}\,(1-p)`,
    source:
      "Bengio, Léonard and Courville 2013, Estimating or propagating gradients through stochastic neurons for conditional computation, https://arxiv.org/abs/1308.3432",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "It differentiates the smooth factor alone, and vanishes as σ(a) does where the loss is smooth in p.",
    use: "For sparse gates that should stay closed most of the time and cost nothing then.",
    avoid: "Where units should be on as often as their mean says: at σ(a) = 0.1 they are on 32% of the time.",
  },
  options: {
    probability: choice(
      ["sqrt", "p"],
      "sqrt",
      "P(b = 1); sqrt: √p, as in the paper, E[h] = p; p: p, as in its authors' code, E[h] = p√p",
    ),
  },
  make({ probability }) {
    const rate = probability === "sqrt" ? rootOfSigmoid : sigmoid;
    return pathwise({
      sample: (a, key) => mul(key.bernoulli(rate(a)), rootOfSigmoid(a)),
      readout: (a) => (probability === "sqrt" ? sigmoid(a) : mul(sigmoid(a), rootOfSigmoid(a))),
      rate,
      stochastic: true,
    });
  },
});
