import type { Backend } from "../backends/backend.ts";
import type { TrainingData } from "../data/dataset.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import type { Model } from "../models/model.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { Augmented } from "./augment.ts";
import type { Begun } from "./begin.ts";
import type { TrainingConfig } from "./config.ts";
import type { NanDebugger } from "./debug-nan/debugger.ts";
import type { Length } from "./length.ts";
import type { TrainOptions } from "./options.ts";
import type { TrainingState } from "./step.ts";
import type { WeightNoise } from "./weight-noise/weight-noise.ts";

/** What a training is made of. */
export interface Parts<M extends string> extends Begun<M> {
  readonly model: Model<M>;
  readonly data: TrainingData;
  readonly augmented: Augmented;
  readonly config: TrainingConfig;
  readonly length: Length;
  readonly backend: Backend;
  readonly optimizer: Optimizer;
  /** Learning rate of a step number. */
  readonly rate: (step: Tensor) => Tensor;
  readonly weightNoise: WeightNoise | undefined;
  /** The state before the first step. */
  readonly fresh: TrainingState<NdArray>;
  readonly options: TrainOptions<M>;
  /** What looks for the first number that isn't finite, where that is asked for. */
  readonly Debugger: typeof NanDebugger | undefined;
}
