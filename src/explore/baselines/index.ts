import type { Baseline } from "./baseline.ts";
import { linear } from "./linear.ts";
import { nearest } from "./nearest.ts";
import { network } from "./network.ts";
import { stump, tree } from "./trees.ts";
import { usual } from "./usual.ts";

/** The baselines, the simplest first. */
export const baselines: readonly Baseline[] = [usual, stump, linear, nearest, tree, network];
