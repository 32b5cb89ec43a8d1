import {
  attachGradient,
  concat,
  exp,
  log,
  mean,
  min,
  outer,
  reshape,
  sigmoid,
  slice,
  stopGradient,
  sub,
  type Tensor,
} from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { choice, MOST_SAMPLES, number } from "./options/option.ts";
import { total } from "./total.ts";
import { bernoulli, independent } from "./units/bernoulli.ts";

/** −log of the mean of exp(−L) over the samples. losses [K, B] → [B] */
function bound(losses: Tensor): Tensor {
  const least = stopGradient(min(losses, 0));
  return sub(least, log(mean(exp(sub(least, losses)), 0)));
}

/**
 * L̂ = −log (1/K) Σ_k exp(−L_k), which falls towards −log E[exp(−L)] with K. A sample is credited with what the objective would be
 * without it: ĝ = Σ_k (L̂ − L̂₋ₖ)(b_k − p), L̂₋ₖ from the others and a mean of them in its place. All K samples train the rest, each
 * by its share of Σ_k exp(−L_k).
 */
export const vimco = configurable({
  card: {
    name: "vimco",
    title: "VIMCO",
    family: "score function",
    summary: "Minimises a bound made of K samples, and credits each sample with what the bound would be without it.",
    formula: String.raw`\sum_{k=1}^K(\hat L-\hat L_{-k})(b_k-\sigma(a)),\quad\hat L=-\log\tfrac1K\textstyle\sum_k e^{-L_k}`,
    source: "Mnih and Rezende 2016, Variational inference for Monte Carlo objectives, https://arxiv.org/abs/1602.06725",
    objective: String.raw`E\left[-\log\tfrac1K\textstyle\sum_{k=1}^K e^{-L_k}\right]`,
    unbiased: true,
    passes: "K",
    backward: "K",
    readsPath: false,
    readsLoss: true,
    bias: "None for its own objective, which isn't the expected loss.",
    use: "Where the loss is a negative log-probability and the likelihood averaged over samples is what counts, as in latent-variable models.",
    avoid:
      "In a stack with other stochastic layers: a later layer's estimate, or an earlier one's comparison, is of the loss and not of the bound.",
  },
  options: {
    samples: number(4, { whole: true, atLeast: 2, atMost: MOST_SAMPLES }, "samples of each example, K"),
    mean: choice(
      ["geometric", "arithmetic"],
      "geometric",
      "what stands for exp(−L) of the sample that a baseline omits: a mean of the others'",
    ),
  },
  make: ({ samples: K, mean: kind }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const p = sigmoid(a);
      const samples = independent(p, key, K);
      const losses = reshape(downstream(concat(samples, 0)), [K, a.shape[0]!]);
      const loss = bound(losses);
      const signals = samples.map((_, k) => {
        const others = concat([slice(losses, 0, k), slice(losses, k + 1)], 0);
        // With the arithmetic mean in its place, a left-out sample leaves the mean of the others as it is.
        return sub(loss, bound(kind === "arithmetic" ? others : concat([others, mean(others, 0, { keep: true })], 0)));
      });
      const g = total(samples.map((b, k) => outer(signals[k]!, sub(b, p))));
      return { loss: attachGradient(loss, a, g), state };
    },
  }),
});
