import { UserError } from "../../../errors.ts";
import type { Estimator } from "../../../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor } from "../../../estimators/index.ts";
import { type Sparsity, type SparsityConfig, sparsityFor } from "../../../gating/sparsity/index.ts";
import { MOST_ELEMENTS } from "../../../graph/size.ts";
import { type ActivationName, activationFor } from "../../../layers/activations.ts";
import { gainRule } from "../../../layers/affine.ts";
import { type GaterConfig, gaterFor } from "../../../layers/gaters/index.ts";
import { checkKeys, checkNumber, show } from "../../../rules.ts";
import { estimatorConfigOf, type StagePlace, within } from "../../stage.ts";

/** A layer of blocks behind gates. */
export interface GatedConfig {
  /** K: blocks, each with a gate of its own. */
  readonly blocks: number;
  /** S: units of a block (default: 1), so that every unit has a gate. */
  readonly width?: number | undefined;
  /** What a block's units output to their gate (default: linear), as in the paper. */
  readonly activation?: ActivationName | undefined;
  /**
   * Factor on the range of the first weights of what blocks output on (default: 1), which suits gates near 1 and all of them open. Few open
   * gates, or gates that share a weight of 1, want more.
   */
  readonly gain?: number | undefined;
  /** Units that the layer outputs; needed in all but the last layer, which outputs class scores. */
  readonly output?: number | undefined;
  /** What computes the gates' pre-activations (default: the paper's dense one). */
  readonly gater?: GaterConfig | undefined;
  /** How the gates decide and how the gater learns from it. */
  readonly gate: EstimatorConfig;
  /**
   * Factor on the gradient of the gater's parameters, and so on its learning rate with sgd and momentum; Adam, which divides by the
   * gradient's size, undoes it (default: 1).
   */
  readonly gaterRate?: number | undefined;
  /** What brings the share of open gates to its target; several work together. */
  readonly sparsity?: SparsityConfig | readonly SparsityConfig[] | undefined;
  /**
   * The share of gates that are open in the deterministic readout, whose threshold is fitted to it. Default: the first sparsity's
   * target; without any, as many as are open when sampled, for gates that output 0 or 1, and the units' readout for others.
   */
  readonly open?: number | undefined;
}

/** The same, with an estimator of the user's own where that is wanted. */
export interface Gated extends Omit<GatedConfig, "gate"> {
  /** The estimator of the gates, by name, with options, or one of your own. */
  readonly gate: EstimatorConfig | Estimator;
}

/** A gated layer's options in full. */
export interface ResolvedGated {
  readonly blocks: number;
  readonly width: number;
  readonly activation: ActivationName;
  readonly output: number;
  readonly gater: GaterConfig;
  readonly estimator: Estimator;
  readonly gaterRate: number;
  readonly gain: number;
  readonly controls: readonly Sparsity[];
  readonly open: number | undefined;
  /** As JSON, with every choice that was left open made. */
  readonly config: GatedConfig;
}

/** The same of a stage whose JSON says more than its gates. */
export type ResolvedGates = Omit<ResolvedGated, "config"> & { readonly config: Pick<GatedConfig, "open"> };

const keys = [
  "blocks",
  "width",
  "activation",
  "output",
  "gater",
  "gate",
  "gaterRate",
  "gain",
  "sparsity",
  "open",
] as const;

/** Throws UserError, naming the option, for one that isn't as it must be; an input that isn't known yet is as wide as any option needs. */
export function resolveGated(
  given: Gated,
  at: string,
  sizes: { input: number | undefined; output: number | undefined },
  estimatorOf: StagePlace["estimator"] = estimatorFor,
): ResolvedGated {
  if (typeof given !== "object" || given === null)
    throw new UserError(`${at} must be an object of options, received ${show(given)}`);
  checkKeys(at, given, keys);
  const { blocks, width = 1, activation = "linear", gater = { name: "dense" }, gate, gaterRate = 1, sparsity } = given;
  const { gain = 1 } = given;
  checkNumber(`${at}.blocks`, blocks, { whole: true, atLeast: 1 });
  checkNumber(`${at}.width`, width, { whole: true, atLeast: 1 });
  checkNumber(`${at}.gaterRate`, gaterRate, { atLeast: 0 });
  checkNumber(`${at}.gain`, gain, gainRule);
  activationFor(activation, `${at}.activation`);
  within(`${at}.gater`, () => gaterFor(gater, { input: sizes.input ?? MOST_ELEMENTS, blocks }));
  const estimator = estimatorOf(gate, `${at}.gate`);
  const configs = sparsity === undefined ? [] : Array.isArray(sparsity) ? sparsity : [sparsity];
  const controls = within(`${at}.sparsity`, () => configs.map(sparsityFor));
  const open = given.open !== undefined ? given.open : controls.find(({ card }) => card.name !== "rescue")?.target;
  if (open !== undefined) checkNumber(`${at}.open`, open, { above: 0, atMost: 1 });
  const output = sizes.output ?? given.output;
  checkNumber(`${at}.output`, output, { whole: true, atLeast: 1 });
  if (given.output !== undefined && given.output !== output)
    throw new UserError(
      `${at}.output: the last layer outputs the ${output} class scores, received ${show(given.output)}`,
    );
  return {
    blocks,
    width,
    activation,
    output,
    gater,
    estimator,
    gaterRate,
    gain,
    controls,
    open,
    config: {
      blocks,
      width,
      activation,
      output,
      gater,
      gate: estimatorConfigOf(gate) as EstimatorConfig,
      ...(gaterRate !== 1 && { gaterRate }),
      ...(gain !== 1 && { gain }),
      ...(configs.length > 0 && { sparsity: configs }),
      ...(given.open !== undefined && { open: given.open }),
    },
  };
}
