import { tanh } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { deterministic } from "./units/deterministic.ts";
import { pathwise } from "./units/pathwise.ts";

/** h = tanh(a), without noise. */
export const tanhUnits: Estimator = {
  card: {
    name: "tanh",
    title: "tanh",
    family: "deterministic",
    summary: "No noise and no decision: outputs tanh(a) and backpropagates through it.",
    formula: String.raw`\frac{\partial L}{\partial h}\,(1-\tanh^2 a)`,
    source: "LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, https://doi.org/10.1007/3-540-49430-8_2",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: true,
    bias: "None: there is no noise.",
    use: "As a deterministic layer in front of stochastic ones, such as a gater.",
    avoid: "Where the unit has to decide.",
  },
  ...pathwise(deterministic(tanh, "tanh(a)")),
};
