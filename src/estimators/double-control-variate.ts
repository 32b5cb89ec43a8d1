import { add, array, attachGradient, div, mul, sigmoid, stopGradient, sub, sum } from "../graph/index.ts";
import { leaveOneOut } from "./baselines/leave-one-out.ts";
import { configurable } from "./options/configurable.ts";
import { MOST_SAMPLES, number } from "./options/option.ts";
import { liveOption } from "./samples.ts";
import { sendWithGradients } from "./samples-with-gradients.ts";
import { total } from "./total.ts";
import { bernoulli, independent } from "./units/bernoulli.ts";
import { descendVariance, learnedState, rateOption } from "./variance-descent.ts";

/**
 * Leave-one-out of L_k + αḡ₋ₖᵀ(b_k − p) instead of L_k, with ḡ₋ₖ the mean of the *other* samples' ∂L/∂b; what that adds in the mean,
 * αḡp(1 − p), is taken away. α descends the variance, from 0, after the step that it was used in. Given the later layers' noise the two
 * cancel whatever the derivatives are, so that later layers need not be unbiased in them.
 */
export const doubleControlVariate = configurable({
  card: {
    name: "double-control-variate",
    title: "double control variate",
    family: "control variate",
    summary: "Leave-one-out whose losses are first levelled by a linear model with the other samples' derivatives.",
    formula: String.raw`\frac{1}{K-1}\sum_k(\ell_k-\bar\ell)(b_k-p)-\alpha\bar g\,p(1-p),\quad \ell_k=L_k+\alpha\,\bar g_{-k}^\top(b_k-p)`,
    source:
      "Titsias and Shi 2022, Double control variates for gradient estimation in discrete latent variable models, https://arxiv.org/abs/2111.05300",
    unbiased: true,
    passes: "K",
    backward: "K",
    readsPath: true,
    readsLoss: true,
    bias: "None.",
    use: "Where several passes and their derivatives are affordable, and the loss is smooth between 0 and 1.",
    avoid: "Where a backward pass costs much more than a forward one: leave-one-out with more samples may do better.",
  },
  options: {
    samples: number(2, { whole: true, atLeast: 2, atMost: MOST_SAMPLES }, "samples of each example, K"),
    live: liveOption,
    alpha: number(0, {}, "α at the start; 0: leave-one-out"),
    rate: rateOption("α"),
  },
  make: ({ samples: K, live, alpha, rate }) => ({
    unit: bernoulli,
    init: () => learnedState({ alpha: array(alpha) }),
    estimate(a, key, downstream, state) {
      const p = stopGradient(sigmoid(a));
      const samples = independent(p, key, K);
      const { loss, losses, gradients } = sendWithGradients(downstream, samples, live);
      const sumOfGradients = total(gradients);
      const levelled = losses.map((f, k) => {
        const others = div(sub(sumOfGradients, gradients[k]!), K - 1);
        return add(f, mul(sum(mul(others, sub(samples[k]!, p)), 1), state.alpha!));
      });
      const correction = mul(mul(div(sumOfGradients, K), mul(p, sub(1, p))), state.alpha!);
      const g = sub(leaveOneOut(levelled, samples, p), correction);
      return {
        loss: attachGradient(loss, a, g),
        state: descendVariance(state, g, { alpha: rate }),
      };
    },
  }),
});
