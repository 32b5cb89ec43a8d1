import { type AnyCell, cellFrom } from "../cells/index.ts";
import type { Shape } from "../graph/index.ts";
import { checkChoice, checkKeys, checkNumber } from "../rules.ts";
import type { Head } from "./head.ts";
import { classes as classesHead } from "./heads/classes.ts";
import type { Classifier } from "./model.ts";
import { network } from "./network.ts";
import type { StageSpec } from "./stage.ts";
import { dense } from "./stages/dense.ts";
import { overTime, reductions } from "./stages/over-time.ts";
import { perStep } from "./stages/per-step.ts";
import { type RecurrentOptions, recurrent } from "./stages/recurrent.ts";

export const pools = ["last", ...reductions] as const;

/** Layers of recurrent cells, one upon the other. */
export interface RecurrentLayers
  extends Pick<RecurrentOptions, "direction" | "lengths" | "truncate" | "carryState" | "recompute" | "sparsity"> {
  readonly cell: AnyCell;
  /** H: units of each layer's cell, in each direction. */
  readonly units: number;
  /** Layers of cells; each but the last outputs all steps (default: 1). */
  readonly layers?: number | undefined;
  /** What a whole sequence is judged by: the last output, or a sum, mean or maximum over its steps (default: mean of spikes, last of other cells). */
  readonly pool?: (typeof pools)[number] | undefined;
}

/** What a recurrent classifier is made from. */
export interface RecurrentNetworkOptions extends RecurrentLayers {
  /** [T, I] of one sequence, [T] or T of single numbers. */
  readonly input: number | Shape;
  /** C: classes to tell apart. */
  readonly classes: number;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged (default: 1). */
  readonly trainingSamples?: number | undefined;
}

/**
 * A network that reads a sequence and says a class at its end: recurrent stages, an affine map of the last output into class scores, and the head
 * for classes.
 *
 *     recurrentNetwork({ input: [28, 28], cell: { name: "lstm", peepholes: true }, units: 128, classes: 10 })
 *
 * Throws UserError for an option that isn't as it must be.
 */
export function recurrentNetwork(options: RecurrentNetworkOptions): Classifier {
  const { input, classes, trainingSamples, ...layers } = options;
  checkKeys("recurrent", options, [
    ...["input", "cell", "units", "layers", "pool", "direction", "lengths", "truncate", "sparsity", "carryState"],
    ...["recompute", "classes", "trainingSamples"],
  ]);
  return network({
    ...{ name: "recurrent", input, trainingSamples },
    ...recurrentStages(layers),
    head: classesHead(classes, { subject: "recurrent: classes" }),
  });
}

/**
 * The stages of a recurrent network and what errors call them, with an affine map at their end: of the last output, or of each step's for a head that
 * predicts steps.
 */
export function recurrentStages(
  { layers = 1, pool: asked, ...options }: RecurrentLayers,
  { draws }: Pick<Head, "draws"> = {},
): {
  readonly stages: StageSpec[];
  readonly subjects: string[];
} {
  checkNumber("recurrent: layers", layers, { whole: true, atLeast: 1 });
  if (asked !== undefined) checkChoice("recurrent: pool", asked, pools);
  const pool = asked ?? (spikes(options) ? "mean" : "last");
  const pooled = !draws && pool !== "last";
  return {
    stages: [
      ...Array.from({ length: layers }, (_, i) =>
        recurrent({ ...options, output: i === layers - 1 && !draws && !pooled ? "last" : "sequence" }),
      ),
      ...(pooled ? [overTime({ reduce: pool, lengths: options.lengths })] : []),
      draws ? perStep({ name: "output" }) : dense({ name: "output" }),
    ],
    subjects: Array.from({ length: layers }, () => "recurrent"),
  };
}

/** Whether a cell's outputs are spikes, of which a single step says next to nothing. */
const spikes = ({ cell, units }: RecurrentLayers): boolean =>
  cellFrom(cell, { inputs: units, units }, "recurrent.cell").spikes !== undefined;
