import { sigmoid } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { deterministic } from "./units/deterministic.ts";
import { pathwise } from "./units/pathwise.ts";

/** h = σ(a), without noise: what the stochastic units are compared with. */
export const sigmoidUnits: Estimator = {
  card: {
    name: "sigmoid",
    title: "sigmoid",
    family: "deterministic",
    summary: "No noise and no decision: outputs σ(a) and backpropagates through it.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\sigma(a)(1-\sigma(a))`,
    source:
      "Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors, https://doi.org/10.1038/323533a0",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "None: there is no noise.",
    use: "As the deterministic network beside which a stochastic one is judged.",
    avoid: "Where the unit has to decide: its output is always between 0 and 1.",
  },
  ...pathwise(deterministic(sigmoid, "σ(a)")),
};
