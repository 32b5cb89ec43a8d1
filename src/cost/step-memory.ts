import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { type MemoryUse, memoryUse } from "../compile/memory-use.ts";
import { resident } from "../compile/resident.ts";
import type { Dataset } from "../data/dataset.ts";
import { leaves, type NdArray, type Tensor, type Tree } from "../graph/index.ts";
import type { Model } from "../models/model.ts";
import type { TrainingConfig } from "../train/index.ts";
import type { TrainingState } from "../train/step.ts";
import { batchesOf, freshState, stepOf } from "./timings.ts";

/** What a training step holds at its peak, in bytes. */
export interface StepMemory {
  /** Examples of a step. */
  readonly batch: number;
  readonly parameters: number;
  /** What the optimizer, the estimators and the stages keep from step to step. */
  readonly state: number;
  readonly use: MemoryUse;
}

/** The memory of a step on a backend; the step is planned and not run. Throws UserError for a step that can't be traced. */
export function stepMemoryOf(
  { model, training }: { readonly model: Model; readonly training: TrainingConfig },
  data: Dataset,
  backend: Backend,
): StepMemory {
  const state = freshState(model, training);
  const batch = Math.min(training.batch, data.train.size);
  const [first] = batchesOf(data.train, model, batch, batch);
  using held = resident<TrainingState<Tensor>>(state, { backend });
  const use = memoryUse(compile(stepOf(training, model), { backend }), held, ...first!.arrays);
  const parameters = bytesOf(state.params);
  return { batch, parameters, state: use.resident - parameters, use };
}

const bytesOf = (tree: Tree<NdArray>): number =>
  leaves(tree).reduce((sum, { value }) => sum + 4 * value.data.length, 0);
