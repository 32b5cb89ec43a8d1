import { add, customGradient, div, mul, softmax, sub } from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { number } from "../options/option.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, softmaxBackward, variables } from "./variables.ts";

/** ĝ = (2 J(π₁) − ½ J(π₀)) ∂L/∂h, π₀ = softmax(a), π₁ = ½(h + softmax(a/τ)), J(π) = diag(π) − ππᵀ: Heun's method. */
export const categoricalReinmax = configurable({
  card: {
    name: "categorical-reinmax",
    title: "categorical ReinMax",
    family: "straight-through",
    summary: "Straight-through with a second Jacobian, halfway between the probabilities and the sample.",
    formula: String.raw`\left(2J(\tfrac12(h+\mathrm{softmax}(a/\tau)))-\tfrac12J(\mathrm{softmax}(a))\right)\frac{\partial L}{\partial h},\quad J(\pi)=\mathrm{diag}(\pi)-\pi\pi^\top`,
    source:
      "Liu, Dong, Liu, Yu and Gao 2023, Bridging discrete and backpropagation: straight-through and beyond, https://arxiv.org/abs/2304.08612, with τ as in the authors' code, https://github.com/microsoft/ReinMax",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    categorical: true,
    bias: "Second order: none where the loss is at most quadratic in each variable's one-hot vector and the temperature is 1.",
    use: "As the first biased choice for one-hot variables: it costs what straight-through does, and 1 is a good temperature.",
    avoid: "Where variance is the trouble: its own is above that of straight-through.",
  },
  options: {
    classes: classesOption,
    temperature: number(1, { atLeast: 1 }, "τ of the softmax in π₁; the paper tunes it above 1 for less variance"),
  },
  make: ({ classes, temperature }) => ({
    unit: oneHotUnit(classes),
    estimate(a, key, downstream, state) {
      const h = oneHotUnit(classes).sample(a, key);
      const logits = variables(a, classes);
      const probabilities = softmax(logits);
      const halfway = div(add(variables(h, classes), softmax(div(logits, temperature))), 2);
      const sent = customGradient(h, [a], (grad) => {
        const g = variables(grad, classes);
        return [flat(sub(mul(softmaxBackward(halfway, g), 2), div(softmaxBackward(probabilities, g), 2)))];
      });
      return { loss: downstream(sent), state };
    },
  }),
});
