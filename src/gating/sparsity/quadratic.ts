import { mul, square, sub, sum } from "../../graph/index.ts";
import { number } from "../../options/index.ts";
import { control } from "./control.ts";
import { meanOfCounted, target } from "./rules.ts";
import type { SparsityCard } from "./sparsity.ts";

const card: SparsityCard = {
  name: "quadratic",
  title: "quadratic penalty of the rate",
  summary: "Adds to the loss the square of how far each unit's mean output over the mini-batch is from the target.",
  formula: String.raw`\lambda\sum_i(\bar h_i-s)^2`,
  needs: "derivatives through what gates send",
  source:
    "Bellec, Salaj, Subramoney, Legenstein and Maass 2018, Long short-term memory and learning-to-learn in networks of spiking neurons, https://arxiv.org/abs/1803.09574",
};

const options = {
  target: target("s: the share of open gates, or of steps with a spike, wanted"),
  weight: number({ atLeast: 0 }, "λ", { required: true }),
};

/**
 * λ Σᵢ (h̄ᵢ − s)², h̄ᵢ the mean of what unit i sends over the mini-batch and, of a recurrent layer, over the steps: its firing rate where it outputs 0 or 1.
 * Its gradient goes through what is sent, along the slope that stands for a spike's derivative. Throws UserError for a number out of its range.
 */
export const quadratic = control(card, options, ({ target, weight }) => ({
  card,
  target,
  penalty: (gates) => mul(sum(square(sub(meanOfCounted(gates.sent, gates), target))), weight),
}));
