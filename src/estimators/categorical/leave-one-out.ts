import { attachGradient } from "../../graph/index.ts";
import { leaveOneOut } from "../baselines/leave-one-out.ts";
import { configurable } from "../options/configurable.ts";
import { MOST_SAMPLES, number } from "../options/option.ts";
import { liveOption, send } from "../samples.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption } from "./variables.ts";

/** ĝ = Σ_k (L_k − L̄)(h_k − softmax(a))/(K − 1): K score functions, each centred by the mean loss of the other K − 1 samples. */
export const categoricalLeaveOneOut = configurable({
  card: {
    name: "categorical-leave-one-out",
    title: "categorical leave-one-out",
    family: "score function",
    summary: "The score function of K samples, each with the mean loss of the others as its baseline (RLOO).",
    formula: String.raw`\frac1{K-1}\sum_k(L_k-\bar L)(h_k-\mathrm{softmax}(a))`,
    source:
      "Kool, van Hoof and Welling 2019, Buy 4 REINFORCE samples, get a baseline for free!, https://openreview.net/forum?id=r1lgTGL5DE",
    unbiased: true,
    passes: "K",
    backward: 1,
    readsPath: false,
    readsLoss: true,
    categorical: true,
    bias: "None.",
    use: "As the first unbiased choice for one-hot variables: nothing to tune but K.",
    avoid: "Where one pass is dear and the loss has a derivative: a straight-through estimate has less variance.",
  },
  options: {
    classes: classesOption,
    samples: number(4, { whole: true, atLeast: 2, atMost: MOST_SAMPLES }, "samples of each example, K"),
    live: liveOption,
  },
  make: ({ classes, samples, live }) => {
    const unit = oneHotUnit(classes);
    return {
      unit,
      estimate(a, key, downstream, state) {
        const sent = Array.from({ length: samples }, (_, k) => unit.sample(a, k === 0 ? key : key.fold(k)));
        const { loss, losses } = send(downstream, sent, live);
        return { loss: attachGradient(loss, a, leaveOneOut(losses, sent, unit.readout(a))), state };
      },
    };
  },
});
