import { choice, number } from "../../options/index.ts";
import { betaTable } from "../../statistics/beta.ts";
import { drawFromTable } from "../draw-from-table.ts";
import { control } from "./control.ts";
import { target } from "./rules.ts";
import type { SparsityCard } from "./sparsity.ts";

const card: SparsityCard = {
  name: "beta-noise",
  title: "beta noise before the sigmoid",
  summary: "Adds beta-distributed noise with its mode at the target to the pre-activations; its mean at test.",
  formula: String.raw`a+\epsilon,\quad\epsilon\sim\mathrm{Beta}(\alpha,\beta),\ \alpha=\frac{s(\beta-2)+1}{1-s}`,
  needs: "nothing",
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

const options = {
  target: target("s: the mode of the noise"),
  beta: number({ above: 2 }, "β", { default: 40.1 }),
  as: choice(
    ["plain", "logit"],
    "plain: the draw itself is added; logit: its logit, so that a pre-activation of 0 makes σ the draw",
    { default: "plain" },
  ),
};

/**
 * a + ε with ε ~ Beta(α, β) in training, whose mode (α − 1)/(α + β − 2) is s; its mean stands for it where noise is off.
 * Throws UserError for a number out of its range.
 */
export const betaNoise = control(card, options, ({ target, beta, as }) => {
  const alpha = (target * (beta - 2) + 1) / (1 - target);
  const table = betaTable(alpha, beta, as === "plain" ? (x) => x : (x) => Math.log(x / (1 - x)));
  return {
    card,
    target,
    noise: (key, shape) => drawFromTable(key, shape, table),
    noiseMean: table.mean,
  };
});
