import { customGradient, mul, sigmoid } from "../graph/index.ts";
import { configurable } from "./options/configurable.ts";
import { choice } from "./options/option.ts";
import { bernoulli } from "./units/bernoulli.ts";

/**
 * ĝ = b·∂L/∂h: straight-through for the units that fired, nothing for the others. As a gate it never asks what a closed block would have
 * done, so that closed blocks cost nothing in training either; what it saves it pays for with bias.
 */
export const straightThroughOpen = configurable({
  card: {
    name: "straight-through-open",
    title: "straight-through, open gates only",
    family: "straight-through",
    summary:
      "Copies the gradient with respect to the sample to the pre-activations of the units that fired; the others get none.",
    formula: String.raw`b\,\frac{\partial L}{\partial h}`,
    source:
      "Straight-through of Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, without the copies to silent units",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    readsClosedGates: false,
    bias: "That of straight-through times the share of examples for which the unit fires, which differs from unit to unit; a unit that never fires never learns.",
    use: "For gates whose closed blocks should be skipped in training as well.",
    avoid:
      "Where the cost of evaluating closed blocks in training can be paid: plain straight-through is nearer to the gradient.",
  },
  options: {
    slope: choice(["off", "on"], "off", "on: times σ′(a), as straight-through-slope has it"),
  },
  make({ slope }) {
    return {
      unit: bernoulli,
      estimate(a, key, downstream, state) {
        const b = bernoulli.sample(a, key);
        const p = sigmoid(a);
        const factor = slope === "on" ? mul(b, mul(p, p.neg().add(1))) : b;
        return { loss: downstream(customGradient(b, [a], (grad) => [mul(grad, factor)])), state };
      },
    };
  },
});
