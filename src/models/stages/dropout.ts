import { less, mul, reshape, sizeOf, type Tensor, where } from "../../graph/index.ts";
import { checkChoice, checkKeys, checkNumber } from "../../rules.ts";
import { keptGates, type Stage, type StageCard, type StagePlace, type StageSpec } from "../stage.ts";
import { channelsOf } from "./image.ts";
import { specOf } from "./spec.ts";

/** What is dropped together. */
export const droppedAlone = ["value", "channel"] as const;

/** Numbers that a training step sets to 0 by chance. */
export interface DropoutOptions {
  /** The chance, a share of 1, that a number becomes 0 (default: 0.5). */
  readonly rate?: number | undefined;
  /** Each value by itself (default), or a channel with all its places. */
  readonly each?: (typeof droppedAlone)[number] | undefined;
  /** Its name in tables (default: dropout1, dropout2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "numbers that are 0 by chance",
  summary:
    "In training each value, or each channel with all its places, is 0 by chance, and the others are enlarged so that the mean stays. At test it does nothing.",
  formula: "y = \\frac{m}{1-r}\\, x,\\quad m\\sim\\mathrm{Bernoulli}(1-r)",
  reads: "[B, N]",
  outputs: "[B, N]",
  source:
    "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, Dropout, https://jmlr.org/papers/v15/srivastava14a.html",
};

/** Values or channels that a training step sets to 0 by chance. Srivastava et al. 2014. Throws UserError, when the network is made, for an option that isn't as it must be. */
export const dropout = (options: DropoutOptions = {}): StageSpec => specOf("dropout", options, build);

function build(options: DropoutOptions, at: StagePlace): Stage {
  const { subject, input } = at;
  checkKeys(subject, options, ["rate", "each", "name"]);
  const { rate = 0.5, each = "value", name = `dropout${at.number}` } = options;
  checkNumber(`${subject}.rate`, rate, { atLeast: 0, below: 1 });
  checkChoice(`${subject}.each`, each, droppedAlone);
  const units = each === "value" ? sizeOf(input) : channelsOf(at, "dropout of channels");
  const asDrawn = each === "value" ? [units] : [...input.slice(0, -1).map(() => 1), units];
  return {
    kind: "dropout",
    config: { kind: "dropout", ...options },
    rows: [
      {
        ...{ name, kind: `dropout ${rate}${each === "value" ? "" : " of channels"}`, input, output: input },
        ...{ parameters: [], multiplyAdds: 0, activation: "linear" },
      },
    ],
    output: input,
    units,
    noisy: rate > 0,
    init: () => ({ params: [{}], states: [{}] }),
    outputGates: keptGates,
    preactivation(_, x, { noise }): Tensor {
      if (!noise) return x;
      const rows = x.shape[0]!;
      const stays = less(noise.uniform([rows, units]), 1 - rate);
      const shape = each === "value" ? x.shape : [rows, ...asDrawn];
      return where(reshape(stays, shape), mul(x, 1 / (1 - rate)), 0);
    },
  };
}
