import { family, make, namesOf, type SpecOf } from "../../options/index.ts";
import { adaptiveL1 } from "./adaptive-l1.ts";
import { balance } from "./balance.ts";
import { betaNoise } from "./beta-noise.ts";
import { kl } from "./kl.ts";
import { quadratic } from "./quadratic.ts";
import { rescue } from "./rescue.ts";
import type { Sparsity } from "./sparsity.ts";

/** Every control of sparsity by the name that a config uses, with its card and options. Adding a file means adding a line here. */
export const sparsities = {
  kl,
  quadratic,
  "adaptive-l1": adaptiveL1,
  "beta-noise": betaNoise,
  balance,
  rescue,
};

/** The controls as a config names them. */
export const sparsityFamily = family("sparsity control", sparsities, {
  aliases: { "loss-free": "balance" },
  hints: { l1: "adaptive-l1" },
});

/** Which control of sparsity, as JSON. */
export type SparsityConfig = SpecOf<typeof sparsityFamily>;
export type SparsityName = SparsityConfig["name"];

export const sparsityNames = namesOf(sparsityFamily) as SparsityName[];

/** The control of a config. Throws UserError for a name or an option that doesn't exist, and for a value out of its range. */
export const sparsityFor = (config: SparsityConfig): Sparsity => make("sparsity", sparsityFamily, config);

export type { Gates, Sparsity, SparsityCard, SparsityState } from "./sparsity.ts";
