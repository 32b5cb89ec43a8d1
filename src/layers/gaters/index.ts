import { family, type MemberSpec, make, namesOf, type SpecOf } from "../../options/index.ts";
import { checkNumber } from "../../rules.ts";
import { denseGater } from "./dense.ts";
import type { Gater, GaterSizes } from "./gater.ts";
import { lowRankGater } from "./low-rank.ts";
import { treeGater } from "./tree.ts";

/** Every gater by the name that a config uses, with its card and options. Adding a file means adding a line here. */
export const gaters = {
  dense: denseGater,
  "low-rank": lowRankGater,
  tree: treeGater,
};

/** The gaters as a config names them. */
export const gaterFamily = family("gater", gaters);

/** Which gater, as JSON. */
export type GaterConfig = SpecOf<typeof gaterFamily>;
/** A gater by name, such as "low-rank". */
export type GaterName = GaterConfig["name"];
export type DenseGaterConfig = MemberSpec<"dense", typeof denseGater.options>;
export type LowRankGaterConfig = MemberSpec<"low-rank", typeof lowRankGater.options>;
export type TreeGaterConfig = MemberSpec<"tree", typeof treeGater.options>;

/** The names of all gaters. */
export const gaterNames = namesOf(gaterFamily) as GaterName[];

/**
 * The gater of a config, between n inputs and K blocks.
 * Throws UserError for a name or an option that doesn't exist, and for a value or a size that can't be.
 */
export function gaterFor(config: GaterConfig, sizes: GaterSizes): Gater {
  checkNumber("gater: input", sizes.input, { whole: true, atLeast: 1 });
  checkNumber("gater: blocks", sizes.blocks, { whole: true, atLeast: 1 });
  return make("gater", gaterFamily, config, sizes);
}

export type { Gater, GaterCard, GaterLayer, GaterSizes } from "./gater.ts";
