import { add, mul, sign, stopGradient, sub } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import { checkTarget, openShares } from "./rules.ts";
import type { Sparsity, SparsityCard } from "./sparsity.ts";

export interface BalanceConfig {
  readonly name: "balance";
  /** The share of examples for which each gate should be open, above 0 and below 1. */
  readonly target: number;
  /** How far a bias moves in a step; 0.001 when left out. */
  readonly step?: number | undefined;
}

export const balanceCard: SparsityCard = {
  name: "balance",
  title: "balancing by biases alone",
  summary: "Moves a bias of each gate's decision, by a fixed step against its error of load; the loss stays as it is.",
  formula: String.raw`b_i\gets b_i+\gamma\,\mathrm{sign}(s-\bar h_i),\quad\bar h_i=\text{share of examples with }h_i\ne 0`,
  needs: "a decision apart from its value",
  options: {
    target: "s: the share of examples for which each gate should be open",
    step: "γ: how far a bias moves in a step; 0.001 when left out",
  },
  source:
    "Wang et al. 2024, Auxiliary-loss-free load balancing strategy for mixture-of-experts, https://arxiv.org/abs/2408.15664",
};

/**
 * bᵢ ← bᵢ + γ sign(s − share of the step's examples for which gate i was open). The bias takes part in the decision which gates open and
 * never in an open gate's value, so it is for gates that send 0 or 1, and for those that choose. Throws UserError for a number out of its range.
 */
export function balance({ target, step = 1e-3 }: BalanceConfig): Sparsity {
  checkTarget("sparsity balance", target);
  checkNumber("sparsity balance: step", step, { above: 0 });
  return {
    card: balanceCard,
    target,
    moveBias: (bias, { sent }) => add(bias, mul(sign(sub(target, stopGradient(openShares(sent)))), step)),
  };
}
