import { checkChoice, checkKeys, checkNamed } from "../../rules.ts";
import { type AdaptiveL1Config, adaptiveL1, adaptiveL1Card } from "./adaptive-l1.ts";
import { type BalanceConfig, balance, balanceCard } from "./balance.ts";
import { type BetaNoiseConfig, betaNoise, betaNoiseCard } from "./beta-noise.ts";
import { type KlConfig, kl, klCard } from "./kl.ts";
import { type RescueConfig, rescue, rescueCard } from "./rescue.ts";
import type { Sparsity, SparsityCard } from "./sparsity.ts";

/** Which control of sparsity, as JSON. */
export type SparsityConfig = KlConfig | AdaptiveL1Config | BetaNoiseConfig | BalanceConfig | RescueConfig;
export type SparsityName = SparsityConfig["name"];

type Table = {
  readonly [N in SparsityName]: {
    readonly card: SparsityCard;
    make(config: Extract<SparsityConfig, { name: N }>): Sparsity;
  };
};

/** Every control of sparsity by the name that a config uses, with its options. Adding a file means adding a line here. */
export const sparsities: Table = {
  kl: { card: klCard, make: kl },
  "adaptive-l1": {
    card: adaptiveL1Card,
    make: adaptiveL1,
  },
  "beta-noise": { card: betaNoiseCard, make: betaNoise },
  balance: { card: balanceCard, make: balance },
  rescue: { card: rescueCard, make: rescue },
};

export const sparsityNames = Object.keys(sparsities) as SparsityName[];

/** The control of a config. Throws UserError for a name or an option that doesn't exist, and for a value out of its range. */
export function sparsityFor(config: SparsityConfig): Sparsity {
  checkNamed("sparsity:", config);
  checkChoice("sparsity: name", config.name, sparsityNames);
  const { card, make } = sparsities[config.name];
  checkKeys(`sparsity ${config.name}`, config, ["name", ...Object.keys(card.options)]);
  return (make as (config: SparsityConfig) => Sparsity)(config);
}

export type { Gates, Sparsity, SparsityCard, SparsityState } from "./sparsity.ts";
