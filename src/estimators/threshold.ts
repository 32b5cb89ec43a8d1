import { greater } from "../graph/index.ts";
import type { Card } from "./estimator.ts";
import { configurable } from "./options/configurable.ts";
import { alongSlope, slopeFormula, slopeFormulas, slopeOptions, slopeSources, slopeTitle } from "./slopes.ts";
import { deterministic } from "./units/deterministic.ts";

const card: Card = {
  name: "threshold",
  title: "threshold, straight-through × σ′",
  family: "straight-through",
  summary: "Decides without noise, 1 where a > 0, and goes backward by a surrogate slope, such as that of σ.",
  formula: String.raw`\frac{\partial L}{\partial h}\,\psi(a),\quad${slopeFormulas}`,
  source: `Hinton 2012, Neural networks for machine learning, lecture 9; Neftci, Mostafa and Zenke 2019, Surrogate gradient learning in spiking neural networks, https://arxiv.org/abs/1901.09948; slopes: ${slopeSources}`,
  unbiased: false,
  passes: 1,
  backward: 1,
  readsPath: true,
  readsLoss: false,
  readsClosedGates: true,
  bias: "The true gradient is 0 almost everywhere; this one says how the loss would change if the unit were as smooth as its slope.",
  use: "For units that must decide alike in training and at test, such as spikes; beside the noisy ones, to see what the noise does.",
  avoid: "Where a unit should try both of its values: one that is far from 0 never finds out what the other is worth.",
};

/**
 * h = 1[a > 0], decided without noise; ĝ = ∂L/∂h · ψ(a), with a surrogate slope ψ (σ′ by default). The loss is flat in `a` but for its jumps, so
 * there is no gradient that this could be an estimate of.
 */
export const threshold = configurable({
  card,
  options: slopeOptions,
  make: (slope) => ({
    card: { ...card, title: slopeTitle(card.title, "threshold", slope.slope), formula: slopeFormula(slope) },
    unit: deterministic(
      (a) => greater(a, 0),
      "1[a > 0]",
      (a) => greater(a, 0),
    ),
    estimate: (a, _key, downstream, state) => ({ loss: downstream(alongSlope(greater(a, 0), a, slope)), state }),
  }),
});
