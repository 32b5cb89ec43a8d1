import { configurable } from "../options/configurable.ts";
import { number } from "../options/option.ts";
import { pathwise } from "../units/pathwise.ts";
import { relaxedOneHotUnit } from "./units/relaxed-one-hot.ts";
import { classesOption } from "./variables.ts";

/** Ordinary backpropagation through z = softmax((a + G)/τ), which is also what the layer outputs. */
export const gumbelSoftmax = configurable({
  card: {
    name: "gumbel-softmax",
    title: "Gumbel-softmax",
    family: "relaxation",
    summary: "Outputs a softmax of Gumbel-perturbed logits instead of a one-hot vector, and differentiates through it.",
    formula: String.raw`\frac{J(z)}\tau\,\frac{\partial L}{\partial z},\quad J(z)=\mathrm{diag}(z)-zz^\top,\ z=\mathrm{softmax}((a+G)/\tau)`,
    source:
      "Jang, Gu and Poole 2017, Categorical reparameterization with Gumbel-softmax, https://arxiv.org/abs/1611.01144; Maddison, Mnih and Teh 2017, The Concrete distribution, https://arxiv.org/abs/1611.00712",
    unbiased: true,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    categorical: true,
    bias: "None for the network of relaxed values, which is what it trains; against that of one-hot units it falls with τ, while the variance rises.",
    use: "Where outputs between 0 and 1 are allowed during training.",
    avoid: "Where the downstream network must see real decisions, or where τ would have to be very small.",
  },
  options: {
    classes: classesOption,
    temperature: number(0.5, { above: 0 }, "τ; towards 0 the samples become one-hot"),
  },
  make: ({ classes, temperature }) => pathwise(relaxedOneHotUnit(classes, temperature)),
});
