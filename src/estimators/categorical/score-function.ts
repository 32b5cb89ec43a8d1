import { attachGradient, outer, sub } from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption } from "./variables.ts";

/** ĝ = (h − softmax(a)) L for one-hot h: the loss times the derivative of the sample's log-probability. */
export const categoricalScoreFunction = configurable({
  card: {
    name: "categorical-score-function",
    title: "categorical score function",
    family: "score function",
    summary: "Correlates each class's noise with the loss (REINFORCE), for one-hot variables.",
    formula: String.raw`(h-\mathrm{softmax}(a))\,L`,
    source:
      "Williams 1992, Simple statistical gradient-following algorithms for connectionist reinforcement learning, https://doi.org/10.1007/BF00992696",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    categorical: true,
    bias: "None.",
    use: "Where the loss has no derivative and one pass is all there is, and as the definition that the others are compared with.",
    avoid: "Where a second pass can be paid for: leave-one-out takes most of the variance away.",
  },
  options: { classes: classesOption },
  make: ({ classes }) => {
    const unit = oneHotUnit(classes);
    return {
      unit,
      estimate(a, key, downstream, state) {
        const h = unit.sample(a, key);
        const loss = downstream(h);
        return { loss: attachGradient(loss, a, outer(loss, sub(h, unit.readout(a)))), state };
      },
    };
  },
});
