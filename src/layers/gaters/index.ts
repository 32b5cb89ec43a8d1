import { checkChoice, checkKeys, checkNamed, checkNumber } from "../../rules.ts";
import { type DenseGaterConfig, denseGater, denseGaterCard } from "./dense.ts";
import type { Gater, GaterCard, GaterSizes } from "./gater.ts";
import { type LowRankGaterConfig, lowRankGater, lowRankGaterCard } from "./low-rank.ts";
import { type TreeGaterConfig, treeGater, treeGaterCard } from "./tree.ts";

/** Which gater, as JSON. */
export type GaterConfig = DenseGaterConfig | LowRankGaterConfig | TreeGaterConfig;
export type GaterName = GaterConfig["name"];

type Table = {
  readonly [N in GaterName]: {
    readonly card: GaterCard;
    make(config: Extract<GaterConfig, { name: N }>, sizes: GaterSizes): Gater;
  };
};

/** Every gater by the name that a config uses, and what makes it. Adding a file means adding a line here. */
export const gaters: Table = {
  dense: { card: denseGaterCard, make: denseGater },
  "low-rank": { card: lowRankGaterCard, make: lowRankGater },
  tree: { card: treeGaterCard, make: treeGater },
};

export const gaterNames = Object.keys(gaters) as GaterName[];

/**
 * The gater of a config, between n inputs and K blocks.
 * Throws UserError for a name or an option that doesn't exist, and for a value or a size that can't be.
 */
export function gaterFor(config: GaterConfig, sizes: GaterSizes): Gater {
  checkNamed("gater:", config);
  checkChoice("gater: name", config.name, gaterNames);
  checkNumber("gater: input", sizes.input, { whole: true, atLeast: 1 });
  checkNumber("gater: blocks", sizes.blocks, { whole: true, atLeast: 1 });
  const { card, make } = gaters[config.name];
  checkKeys(`gater ${config.name}`, config, ["name", ...Object.keys(card.options)]);
  return (make as (config: GaterConfig, sizes: GaterSizes) => Gater)(config, sizes);
}

export type { Gater, GaterCard, GaterLayer, GaterSizes } from "./gater.ts";
export type { DenseGaterConfig, LowRankGaterConfig, TreeGaterConfig };
