import { add, mul, sign, stopGradient, sub } from "../../graph/index.ts";
import { number } from "../../options/index.ts";
import { control } from "./control.ts";
import { openShares, target } from "./rules.ts";
import type { SparsityCard } from "./sparsity.ts";

const card: SparsityCard = {
  name: "balance",
  title: "balancing by biases alone",
  summary: "Moves a bias of each gate's decision, by a fixed step against its error of load; the loss stays as it is.",
  formula: String.raw`b_i\gets b_i+\gamma\,\mathrm{sign}(s-\bar h_i),\quad\bar h_i=\text{share of examples with }h_i\ne 0`,
  needs: "a decision apart from its value",
  source:
    "Wang et al. 2024, Auxiliary-loss-free load balancing strategy for mixture-of-experts, https://arxiv.org/abs/2408.15664",
};

const options = {
  target: target("s: the share of examples for which each gate should be open"),
  step: number({ above: 0 }, "γ: how far a bias moves in a step", { default: 1e-3 }),
};

/**
 * bᵢ ← bᵢ + γ sign(s − share of the step's examples for which gate i was open). The bias takes part in the decision which gates open and
 * never in an open gate's value, so it is for gates that output 0 or 1, and for those that choose. Throws UserError for a number out of its range.
 */
export const balance = control(card, options, ({ target, step }) => {
  return {
    card,
    target,
    moveBias: (bias, gates) => add(bias, mul(sign(sub(target, stopGradient(openShares(gates)))), step)),
  };
});
