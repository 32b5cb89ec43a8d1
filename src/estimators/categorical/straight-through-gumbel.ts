import { copyGradient, div, softmax } from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { race, winners } from "./race.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, temperatureOption } from "./variables.ts";

/** ĝ = J ∂L/∂h, J the Jacobian of the Gumbel-softmax sample that belongs to the one-hot one. */
export const categoricalStraightThroughGumbel = configurable({
  card: {
    name: "categorical-straight-through-gumbel",
    title: "categorical straight-through Gumbel-softmax",
    family: "straight-through",
    summary: "Outputs the winner of a race of Gumbels; the backward pass goes through the softmax of the same race.",
    formula: String.raw`\frac{J(z)}\tau\,\frac{\partial L}{\partial h},\quad J(z)=\mathrm{diag}(z)-zz^\top,\ z=\mathrm{softmax}((a+G)/\tau),\ h=\text{one-hot}(\arg\max z)`,
    source:
      "§2.2 of Jang, Gu and Poole 2017, Categorical reparameterization with Gumbel-softmax, https://arxiv.org/abs/1611.01144",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    categorical: true,
    bias: "Of two kinds: the Jacobian is that of a relaxation, and ∂L/∂h is taken where it was not; zero for a constant loss.",
    use: "Where decisions must be real going forward and the temperature is tuned: the common choice.",
    avoid:
      "At low temperatures, where its variance explodes: gumbel-rao has the same mean and less variance for the same pass.",
  },
  options: {
    classes: classesOption,
    temperature: temperatureOption,
  },
  make: ({ classes, temperature }) => ({
    unit: oneHotUnit(classes),
    estimate(a, key, downstream, state) {
      const raced = race(a, key, classes);
      const z = softmax(div(raced, temperature));
      return { loss: downstream(copyGradient(flat(winners(raced)), flat(z))), state };
    },
  }),
});
