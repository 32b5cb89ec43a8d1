import { add, log, maximum, mul, neg, sub, sum } from "../../graph/index.ts";
import { number } from "../../options/index.ts";
import { control } from "./control.ts";
import { meanOfCounted, target } from "./rules.ts";
import type { SparsityCard } from "./sparsity.ts";

const card: SparsityCard = {
  name: "kl",
  title: "cross-entropy of the mean rate",
  summary: "Adds to the loss how far each gate's mean probability over the mini-batch is from the target.",
  formula: String.raw`-\lambda\sum_i\left[s\log\bar p_i+(1-s)\log(1-\bar p_i)\right]`,
  needs: "a rate with a derivative",
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

const options = {
  target: target("s: the share of open gates wanted"),
  weight: number({ atLeast: 0 }, "λ", { required: true }),
};

/** Means nearer than this to 0 or 1 count as this far: below it a float32 has no logarithm to give, and no gradient flows. */
const LEAST = 1e-30;
const LEAST_CLOSED = 1e-7;

/**
 * −λ Σᵢ [s log p̄ᵢ + (1 − s) log(1 − p̄ᵢ)], p̄ᵢ the mean over the mini-batch of the probability that gate i is open. Least, for each gate by
 * itself, where p̄ᵢ = s. It asks nothing of single examples: a gate that is always at p = s satisfies it as well as one that decides.
 * Throws UserError for a target outside of (0, 1) or a weight below 0.
 */
export const kl = control(card, options, ({ target, weight }) => {
  return {
    card,
    target,
    penalty(gates) {
      const open = meanOfCounted(gates.rate, gates);
      const perGate = add(
        mul(log(maximum(open, LEAST)), target),
        mul(log(maximum(sub(1, open), LEAST_CLOSED)), 1 - target),
      );
      return mul(neg(sum(perGate)), weight);
    },
  };
});
