import type { TrainingData } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import { checkMemory, MOST_ELEMENTS } from "../graph/size.ts";
import type { Model } from "../models/model.ts";
import type { OptimizerName } from "../optimizers/index.ts";
import type { TrainingConfig } from "./config.ts";

/** Arrays as large as the parameters: themselves as they are made, as they are trained, and those of the best epoch. */
const COPIES = 3;
/** Arrays as large as the parameters that an optimizer remembers. */
const remembered: { readonly [N in OptimizerName]: number } = { sgd: 0, momentum: 1, nesterov: 1, adam: 2 };
const BYTES = 4;

/** What decides how much a training holds. */
type Sizes = Pick<TrainingConfig, "optimizer" | "batch">;
type Sized = Pick<TrainingData, "train">;

/** Noise samples of an example in a step, and the examples of the largest step. */
function rowsOf({ batch }: Pick<Sizes, "batch">, { config }: Model, { train }: Sized) {
  const { trainingSamples = 1 } = config as { readonly trainingSamples?: number };
  return { samples: trainingSamples, examples: Math.min(batch, train.size ?? batch) };
}

/** Bytes that a training holds at the same time, at least. */
export function leastBytes(sizes: Sizes, model: Model, data: Sized): number {
  const { layers, inputShape } = model;
  const parameters = layers.flatMap((layer) => layer.parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const units = layers.reduce((sum, { output }) => sum + sizeOf(output), sizeOf(inputShape));
  const { samples, examples } = rowsOf(sizes, model, data);
  return BYTES * (parameters * (COPIES + remembered[sizes.optimizer.name]) + examples * samples * units);
}

/**
 * Throws UserError where a training can't fit into the memory there is. It counts what every training holds at the same time, and so may
 * let one pass that needs somewhat more.
 */
export function checkTrainingRoom(sizes: Sizes, model: Model, data: Sized): void {
  const bytes = leastBytes(sizes, model, data);
  checkMemory("train: the parameters, their updates and a mini-batch", bytes, "take fewer units, or a smaller batch");
}

/** Throws UserError where the units of a layer have more values in a step than an array holds. */
export function checkBatch(sizes: Pick<Sizes, "batch">, model: Model, data: Sized): void {
  const { samples, examples } = rowsOf(sizes, model, data);
  const [steps = 1] = model.inputShape;
  const reading = model.stages.filter(({ config }) => config.kind === "recurrent").flatMap(({ rows }) => rows);
  const ofSteps = new Set(reading.map(({ name }) => name));
  for (const { name, output, parameters } of model.layers) {
    // What a matrix gives is one array, of all steps where a cell reads a sequence.
    const given = parameters.map(({ shape }) => (shape.length === 2 ? shape[1]! : 0));
    const units = Math.max(sizeOf(output), ...given) * (ofSteps.has(name) ? steps : 1);
    const values = examples * samples * units;
    if (values <= MOST_ELEMENTS) continue;
    const [of, most, more] = [examples, MOST_ELEMENTS, values].map((n) => n.toLocaleString("en"));
    throw new UserError(
      `train: a mini-batch of ${of} examples${samples > 1 ? `, each with ${samples} noise samples,` : ""} must give at most ${most} values in a layer, ${name} would have ${more}: take a smaller batch, fewer noise samples or fewer units`,
    );
  }
}
