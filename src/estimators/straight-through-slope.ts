import { sigmoid } from "../graph/index.ts";
import type { Card } from "./estimator.ts";
import { configurable } from "./options/configurable.ts";
import { alongSlope, slopeFormula, slopeFormulas, slopeOptions, slopeSources, slopeTitle } from "./slopes.ts";
import { bernoulli } from "./units/bernoulli.ts";

const card: Card = {
  name: "straight-through-slope",
  title: "straight-through × σ′",
  family: "straight-through",
  summary: "Pretends, on the way back, that the unit had output its probability σ(a) and not a sample of it.",
  formula: String.raw`\frac{\partial L}{\partial h}\,\psi(a),\quad${slopeFormulas}`,
  source: `Hinton 2012, Neural networks for machine learning, lecture 9, means this one by "as if the unit had been deterministic" (another reading: as-if-deterministic); Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432; other slopes: ${slopeSources}`,
  unbiased: false,
  passes: 1,
  backward: 1,
  readsPath: true,
  readsLoss: false,
  readsClosedGates: true,
  bias: "With σ′, zero where the loss is linear in each unit between 0 and 1; otherwise not. Other slopes differ from σ′ besides.",
  use: "As the first choice for hidden binary units: little variance at the price of one pass.",
  avoid: "Where the loss bends a lot in single units, or where a proof of convergence is needed.",
};

/**
 * ĝ = ∂L/∂h · σ′(a): the gradient with respect to the sample goes to its probability. Exact where the loss is linear in each unit.
 *
 * This is the first reading of the lecture's "as if the unit had been deterministic": the units' own backward pass. The rest of the
 * network is still differentiated at the sample; for the second reading see as-if-deterministic.ts.
 * Other slopes are those of spiking networks, here behind a spike that is drawn: P(h = 1) = σ(a).
 */
export const straightThroughSlope = configurable({
  card,
  options: slopeOptions,
  make: (slope) => ({
    card: { ...card, title: slopeTitle(card.title, "straight-through", slope.slope), formula: slopeFormula(slope) },
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const p = sigmoid(a);
      return { loss: downstream(alongSlope(key.bernoulli(p), a, slope, p)), state };
    },
  }),
});
