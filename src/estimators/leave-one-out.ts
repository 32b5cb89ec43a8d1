import { attachGradient, sigmoid } from "../graph/index.ts";
import { leaveOneOut as score } from "./baselines/leave-one-out.ts";
import { configurable } from "./options/configurable.ts";
import { MOST_SAMPLES, number } from "./options/option.ts";
import { liveOption, send } from "./samples.ts";
import { bernoulli, independent } from "./units/bernoulli.ts";

/** ĝ = Σ_k (L_k − L̄)(b_k − p)/(K − 1), K independent samples of each example: the score function, each centred by the others. */
export const leaveOneOut = configurable({
  card: {
    name: "leave-one-out",
    title: "leave-one-out (RLOO)",
    family: "score function",
    summary:
      "The mean of K score functions, each centred by the mean loss of the other K − 1 samples of the same example.",
    formula: String.raw`\frac{1}{K-1}\sum_{k=1}^K (L_k-\bar L)(b_k-\sigma(a))`,
    source:
      "Kool, van Hoof and Welling 2019, Buy 4 REINFORCE samples, get a baseline for free!, https://openreview.net/forum?id=r1lgTGL5DE; Salimans and Knowles 2014, https://arxiv.org/abs/1401.1022",
    unbiased: true,
    passes: "K",
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None: a sample's baseline doesn't depend on that sample.",
    use: "The default where several passes are affordable: no tuning, no state, any loss.",
    avoid: "With K = 2, where an antithetic pair (disarm) costs the same and usually has less variance.",
  },
  options: {
    samples: number(4, { whole: true, atLeast: 2, atMost: MOST_SAMPLES }, "samples of each example, K"),
    live: liveOption,
  },
  make: ({ samples: K, live }) => ({
    unit: bernoulli,
    estimate(a, key, downstream, state) {
      const p = sigmoid(a);
      const samples = independent(p, key, K);
      const { loss, losses } = send(downstream, samples, live);
      return { loss: attachGradient(loss, a, score(losses, samples, p)), state };
    },
  }),
});
