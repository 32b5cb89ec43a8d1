import { UserError } from "../errors.ts";
import type { Shape } from "../graph/index.ts";
import { checkKeys, show } from "../rules.ts";
import { classes as classesHead } from "./heads/classes.ts";
import { type Hidden, hiddenStages } from "./mlp.ts";
import type { Classifier } from "./model.ts";
import { network } from "./network.ts";
import type { Gated } from "./stages/gated/config.ts";
import { gated as gatedStage } from "./stages/gated.ts";

/** What a network of gated blocks is made from. */
export interface GatedMlpOptions {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  /** Dense layers that come first, whose features gater and blocks share (default: none). */
  readonly trunk?: readonly Hidden[] | undefined;
  /** Layers of gated blocks, at least one; the last one outputs the class scores. */
  readonly gated: readonly Gated[];
  /** C: classes to tell apart. */
  readonly classes: number;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged (default: 1). */
  readonly trainingSamples?: number | undefined;
  /** Whether gradients compute groups of layers again: less memory at the peak of a step, more time (default: false). */
  readonly recompute?: boolean | undefined;
}

/**
 * A network whose units are computed only where a gate of theirs is open: dense stages (a trunk, if any), then stages of gated blocks, the last of which
 * outputs the class scores.
 *
 * Throws UserError for an option that isn't as it must be.
 */
export function gatedMlp(options: GatedMlpOptions): Classifier {
  const { input, trunk = [], gated, classes, trainingSamples, recompute, ...unknown } = options;
  checkKeys("gated-mlp", unknown, ["input", "trunk", "gated", "classes", "trainingSamples", "recompute"]);
  if (!Array.isArray(gated) || gated.length === 0)
    throw new UserError(`gated-mlp: gated must be a list of at least one layer, received ${show(gated)}`);
  return network({
    ...{ name: "gated-mlp", input, trainingSamples, recompute },
    stages: [...hiddenStages(trunk, "trunk", "gated-mlp: trunk"), ...gated.map((layer: Gated) => gatedStage(layer))],
    subjects: [
      ...trunk.map((_, i) => `gated-mlp: trunk[${i}]`),
      ...gated.map((_: Gated, i: number) => `gated-mlp: gated[${i}]`),
    ],
    head: classesHead(classes, { subject: "gated-mlp: classes" }),
  });
}
