import type { TrainingData } from "../data/dataset.ts";
import { sizeOf } from "../graph/index.ts";
import { checkMemory } from "../graph/size.ts";
import type { Model } from "../models/model.ts";
import type { OptimizerName } from "../optimizers/index.ts";
import type { TrainingConfig } from "./config.ts";

/** Arrays as large as the parameters: themselves as they are made, as they are trained, and those of the best epoch. */
const COPIES = 3;
/** Arrays as large as the parameters that an optimizer remembers. */
const remembered: { readonly [N in OptimizerName]: number } = { sgd: 0, momentum: 1, nesterov: 1, adam: 2 };
const BYTES = 4;

/**
 * Throws UserError where a training can't fit into the memory there is. It counts what every training holds at the same time, and so may
 * let one pass that needs somewhat more.
 */
export function checkTrainingRoom(
  { optimizer, batch }: Pick<TrainingConfig, "optimizer" | "batch">,
  { layers, inputShape, config }: Model,
  { train }: Pick<TrainingData, "train">,
): void {
  const parameters = layers.flatMap((layer) => layer.parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const units = layers.reduce((sum, { output }) => sum + sizeOf(output), sizeOf(inputShape));
  const { trainingSamples = 1 } = config as { readonly trainingSamples?: number };
  const rows = Math.min(batch, train.size ?? batch) * trainingSamples;
  const bytes = BYTES * (parameters * (COPIES + remembered[optimizer.name]) + rows * units);
  checkMemory("train: the parameters, their updates and a mini-batch", bytes, "take fewer units, or a smaller batch");
}
