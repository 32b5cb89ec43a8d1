import { add, log, maximum, mean, mul, neg, sub, sum } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import { checkTarget } from "./rules.ts";
import type { Sparsity, SparsityCard } from "./sparsity.ts";

export interface KlConfig {
  readonly name: "kl";
  /** s: share of open gates wanted, above 0 and below 1. */
  readonly target: number;
  /** λ, from 0. */
  readonly weight: number;
}

export const klCard: SparsityCard = {
  name: "kl",
  title: "cross-entropy of the mean rate",
  summary: "Adds to the loss how far each gate's mean probability over the mini-batch is from the target.",
  formula: String.raw`-\lambda\sum_i\left[s\log\bar p_i+(1-s)\log(1-\bar p_i)\right]`,
  needs: "a rate with a derivative",
  options: { target: "s: the share of open gates wanted", weight: "λ" },
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

/** Means nearer than this to 0 or 1 count as this far: below it a float32 has no logarithm to give, and no gradient flows. */
const LEAST = 1e-30;
const LEAST_CLOSED = 1e-7;

/**
 * −λ Σᵢ [s log p̄ᵢ + (1 − s) log(1 − p̄ᵢ)], p̄ᵢ the mean over the mini-batch of the probability that gate i is open. Least, for each gate by
 * itself, where p̄ᵢ = s. It asks nothing of single examples: a gate that is always at p = s satisfies it as well as one that decides.
 * Throws UserError for a target outside of (0, 1) or a weight below 0.
 */
export function kl({ target, weight }: KlConfig): Sparsity {
  checkTarget("sparsity kl", target);
  checkNumber("sparsity kl: weight", weight, { atLeast: 0 });
  return {
    card: klCard,
    target,
    penalty({ rate }) {
      const open = mean(rate, 0);
      const perGate = add(
        mul(log(maximum(open, LEAST)), target),
        mul(log(maximum(sub(1, open), LEAST_CLOSED)), 1 - target),
      );
      return mul(neg(sum(perGate)), weight);
    },
  };
}
