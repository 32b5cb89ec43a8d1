import type { Dataset } from "../data/index.ts";
import { sizeOf } from "../graph/index.ts";
import { checkMemory } from "../graph/size.ts";
import type { Model } from "../models/model.ts";
import type { optimizers } from "../optimizers/index.ts";
import type { TrainConfig } from "./config.ts";

/** Arrays as large as the parameters: themselves as they are made, as they are trained, and those of the best epoch. */
const COPIES = 3;
const BYTES = 4;

/**
 * Throws UserError where a training can't fit into the memory there is. It counts what every training holds at the same time, and so may
 * let one pass that needs somewhat more.
 */
export function checkTrainingRoom(
  job: Pick<TrainConfig, "optimizer" | "batch" | "trainingSamples">,
  model: Model,
  data: Dataset,
): void {
  const parameters = model.layers
    .flatMap((layer) => layer.parameters)
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const units = model.layers.reduce((sum, { output }) => sum + sizeOf(output), sizeOf(data.inputShape));
  const rows = Math.min(job.batch, data.train.size) * (job.trainingSamples ?? 1);
  // What an optimizer remembers for each parameter.
  const kept = { sgd: 0, momentum: 1, nesterov: 1, adam: 2 } satisfies Record<keyof typeof optimizers, number>;
  const bytes = BYTES * (parameters * (COPIES + kept[job.optimizer.name]) + rows * units);
  checkMemory("train: the parameters, their updates and a mini-batch", bytes, "take fewer units, or a smaller batch");
}
