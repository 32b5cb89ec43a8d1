export { type TrainingConfig, trainingDefaults } from "./config.ts";
export { type EvaluateOptions, type Evaluator, evaluator } from "./evaluate.ts";
export {
  type ClassMetric,
  Diverged,
  type Divergence,
  type EpochMetrics,
  type FiringScore,
  type FirstBroken,
  type GatesScore,
  type HealthWarning,
  Interrupted,
  type Progress,
  type Score,
  type Scores,
  type TrainEvent,
  type Warning,
} from "./events.ts";
export type { Logged, TrainingLog } from "./log.ts";
export { type RunOptions, resolveTraining, type TrainOptions } from "./options.ts";
export type { Trained, TrainResult } from "./result.ts";
export type { Best, Identity, Position, RanOn, Snapshot } from "./snapshot.ts";
export { incomingOf, initialState, type TrainingState, trainingStep } from "./step.ts";
export { train, trainer } from "./train.ts";
export type { WeightNoiseConfig } from "./weight-noise/config.ts";
export { weightNoiseFor } from "./weight-noise/index.ts";
export { type LearnedWeights, type Pruned, prune } from "./weight-noise/prune.ts";
export { type PruningOptions, type PruningRow, pruningTable } from "./weight-noise/pruning.ts";
export type { WeightNoise, WeightNoiseReport } from "./weight-noise/weight-noise.ts";
