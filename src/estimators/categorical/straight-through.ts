import { copyGradient, div, softmax } from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, temperatureOption, variables } from "./variables.ts";

/** ĝ = J ∂L/∂h, J the Jacobian of softmax(a/τ): the backward pass goes as if the layer had sent its probabilities. */
export const categoricalStraightThrough = configurable({
  card: {
    name: "categorical-straight-through",
    title: "categorical straight-through",
    family: "straight-through",
    summary: "Copies the gradient with respect to the one-hot sample to the probabilities, and on through the softmax.",
    formula: String.raw`\frac{J(p)}\tau\,\frac{\partial L}{\partial h},\quad J(p)=\mathrm{diag}(p)-pp^\top,\ p=\mathrm{softmax}(a/\tau)`,
    source:
      "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432; as a first-order method in Liu et al. 2023, Bridging discrete and backpropagation, https://arxiv.org/abs/2304.08612",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    categorical: true,
    bias: "First order: none where the loss is linear in each variable's one-hot vector and the temperature is 1.",
    use: "For low variance at the price of one pass, where the loss is smooth in what the units output.",
    avoid: "Where the loss bends much between two classes: ReinMax costs the same and is of second order.",
  },
  options: {
    classes: classesOption,
    temperature: temperatureOption,
  },
  make: ({ classes, temperature }) => ({
    unit: oneHotUnit(classes),
    estimate(a, key, downstream, state) {
      const p = flat(softmax(div(variables(a, classes), temperature)));
      return { loss: downstream(copyGradient(oneHotUnit(classes).sample(a, key), p)), state };
    },
  }),
});
