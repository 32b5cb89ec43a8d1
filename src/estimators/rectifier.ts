import { greater, rectifier } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { deterministic } from "./units/deterministic.ts";
import { pathwise } from "./units/pathwise.ts";

/** h = max(0, a), without noise. */
export const rectifierUnits: Estimator = {
  card: {
    name: "rectifier",
    title: "rectifier",
    family: "deterministic",
    summary: "No noise: outputs max(0, a), exactly 0 where it is off, and backpropagates through it.",
    formula: String.raw`\frac{\partial L}{\partial h}\,\mathbb 1[a>0]`,
    source:
      "Glorot, Bordes and Bengio 2011, Deep sparse rectifier neural networks, https://proceedings.mlr.press/v15/glorot11a.html",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "None: there is no noise.",
    use: "As the deterministic network beside which noisy rectifiers are judged.",
    avoid: "Where units must explore: one that is never positive gets no gradient.",
  },
  ...pathwise(deterministic(rectifier, "max(0, a)", (a) => greater(a, 0))),
};
