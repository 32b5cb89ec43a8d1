import { add, attachGradient, div, mean, softmax, stack, sub } from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { number } from "../options/option.ts";
import { liveOption, send } from "../samples.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, score, variables } from "./variables.ts";

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
    samples: number(2, { whole: true, atLeast: 2 }, "samples K of the layer, each a pass through the rest"),
    live: liveOption,
  },
  make: ({ classes, samples, live }) => ({
    unit: oneHotUnit(classes),
    estimate(a, key, downstream, state) {
      const sent = Array.from({ length: samples }, (_, k) => oneHotUnit(classes).sample(a, k ? key.fold(k) : key));
      const { loss, losses } = send(downstream, sent, live);
      const p = softmax(variables(a, classes));
      const centre = mean(stack(losses), 0);
      const g = losses
        .map((L, k) => score(sub(L, centre), variables(sent[k]!, classes), p))
        .reduce((s, t) => add(s, t));
      return { loss: attachGradient(loss, a, flat(div(g, samples - 1))), state };
    },
  }),
});
