import { attachGradient, expandDims, mul, sigmoid, sub } from "../graph/index.ts";
import { baseline, init, type MinimumVariance, update } from "./baselines/minimum-variance.ts";
import { configurable } from "./options/configurable.ts";
import { number } from "./options/option.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** ĝ = (h − σ(a))(L − L̄), L̄ = E[(h − σ)² L] / E[(h − σ)²] for each unit, from moving averages of the earlier steps. */
export const scoreFunctionMinimumVariance = configurable({
  card: {
    name: "score-function-minimum-variance",
    title: "score function, minimum-variance baseline",
    family: "score function",
    summary: "The score function, centred for each unit by the constant that minimises its variance.",
    formula: String.raw`(h-\sigma(a))(L-\bar L),\quad \bar L=\frac{E[(h-\sigma(a))^2L]}{E[(h-\sigma(a))^2]}`,
    source: "Corollary 1 of Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None: the averages that a step reads are those of earlier steps.",
    use: "Where one pass is all there is and the loss has no derivative.",
    avoid: "Where several passes are affordable: samples of the same example centre better than averages over others.",
  },
  options: {
    decay: number(0.9, { atLeast: 0, below: 1 }, "share of the old moving averages that a step keeps"),
  },
  make: ({ decay }) => ({
    unit: bernoulli,
    init,
    estimate(a, key, downstream, state) {
      const averages = state as MinimumVariance;
      const p = sigmoid(a);
      const h = key.bernoulli(p);
      const loss = downstream(h);
      const deviation = sub(h, p);
      const L = expandDims(loss, 1);
      const g = mul(deviation, sub(L, baseline(averages)));
      return { loss: attachGradient(loss, a, g), state: update(averages, deviation, L, decay) };
    },
  }),
});
