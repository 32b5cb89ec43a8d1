import type { NdArray, Tensor, Tree } from "../../graph/index.ts";
import type { Batch } from "../../models/head.ts";
import type { Model, Params, TrainingPass } from "../../models/model.ts";
import type { Optimizer } from "../../optimizers/index.ts";

/** What a training keeps for noise that is learned; empty where none is. T is NdArray outside of a graph and Tensor within. */
export type WeightNoiseState<T> = {
  /** log σ of each noisy weight, in the form of the parameters. */
  readonly logDeviation: Params<T>;
  /** What the optimizer keeps for them. */
  readonly optimizer: Tree<T>;
};

export const nothingLearned = { logDeviation: [], optimizer: [] } as const satisfies WeightNoiseState<never>;

/** What a step differentiates: the parameters, and the log deviations, which are empty where no noise is learned. */
export interface Trainable {
  readonly params: Params<Tensor>;
  readonly logDeviation: Params<Tensor>;
}

/** What is known of learned noise where a training stands. */
export interface WeightNoiseReport<T = number> {
  /** The divergence of the weights from their prior, in nats. */
  readonly kl: T;
  /** The same for each weight, in bits. */
  readonly bitsPerWeight: T;
  /** The share of weights whose mean is less than one deviation from 0. */
  readonly prunable: T;
}

/** A pass in training at given weights. `example` is the number of the only example of the batch, where each has weights of its own. */
export type Pass = (params: Params<Tensor>, batch: Batch<Tensor>, example: number | undefined) => TrainingPass;

/** The noise in the weights of a training's steps. Each function but `init` is called while a graph is traced. */
export interface WeightNoise {
  /** What a training begins with. */
  init(params: Params<NdArray>): WeightNoiseState<NdArray>;
  /** The pass of step number `step`, int32 [], at noisy weights: one for the batch, or one for each example. */
  train(at: Trainable, batch: Batch<Tensor>, step: Tensor, pass: Pass): TrainingPass;
  /** []: what is added to the mean loss. Absent where nothing is learned, as what follows. */
  cost?(at: Trainable): Tensor;
  /** A step of the log deviations. */
  update?(state: WeightNoiseState<Tensor>, grads: Params<Tensor>, rate: Tensor): WeightNoiseState<Tensor>;
  report?(at: Trainable): WeightNoiseReport<Tensor>;
}

/** What a training tells its weight noise. */
export interface NoisyTraining {
  readonly seed: number;
  readonly model: Pick<Model, "layers" | "thresholds">;
  /** Training examples; undefined of a stream that doesn't say. */
  readonly examples: number | undefined;
  /** What moves the deviations. */
  readonly optimizer: Optimizer;
}
