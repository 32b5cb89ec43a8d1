import { checkChoice, checkNumber } from "../../rules.ts";
import { betaTable } from "../../statistics/beta.ts";
import { drawFromTable } from "../draw-from-table.ts";
import { checkTarget } from "./rules.ts";
import type { Sparsity, SparsityCard } from "./sparsity.ts";

export interface BetaNoiseConfig {
  readonly name: "beta-noise";
  /** s: the mode of the noise, above 0 and below 1. */
  readonly target: number;
  /** β, above 2; 40.1 when left out. */
  readonly beta?: number | undefined;
  /** plain: the draw itself is added; logit: its logit, so that a pre-activation of 0 makes σ the draw. plain when left out. */
  readonly as?: "plain" | "logit" | undefined;
}

export const betaNoiseCard: SparsityCard = {
  name: "beta-noise",
  title: "beta noise before the sigmoid",
  summary: "Adds beta-distributed noise with its mode at the target to the pre-activations; its mean at test.",
  formula: String.raw`a+\epsilon,\quad\epsilon\sim\mathrm{Beta}(\alpha,\beta),\ \alpha=\frac{s(\beta-2)+1}{1-s}`,
  needs: "nothing",
  options: {
    target: "s: the mode of the noise",
    beta: "β; 40.1 when left out",
    as: "plain: the draw itself is added; logit: its logit, so that a pre-activation of 0 makes σ the draw; plain when left out",
  },
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

/**
 * a + ε with ε ~ Beta(α, β) in training, whose mode (α − 1)/(α + β − 2) is s; its mean stands for it where noise is off.
 * Throws UserError for a number out of its range.
 */
export function betaNoise({ target, beta = 40.1, as = "plain" }: BetaNoiseConfig): Sparsity {
  checkTarget("sparsity beta-noise", target);
  checkNumber("sparsity beta-noise: beta", beta, { above: 2 });
  checkChoice("sparsity beta-noise: as", as, ["plain", "logit"]);
  const alpha = (target * (beta - 2) + 1) / (1 - target);
  const table = betaTable(alpha, beta, as === "plain" ? (x) => x : (x) => Math.log(x / (1 - x)));
  return {
    card: betaNoiseCard,
    target,
    noise: (key, shape) => drawFromTable(key, shape, table),
    noiseMean: table.mean,
  };
}
