// What most programs need: data, networks, training, prediction, a backend. "exports" of package.json names the other entries.
export type { Backend, BackendInfo } from "./backends/backend.ts";
export { type BackendName, type BackendOptions, backend, currentBackend } from "./backends/select.ts";
export { type CellConfig, type CellMaker, type CellName, cellFor, cellNames } from "./cells/index.ts";
export { type CellSpec, defineCell, type OwnCell } from "./cells/own-cell.ts";
export {
  type ComparedGroup,
  type ComparedPair,
  type CompareOptions,
  type Comparison,
  compare,
  type ExperimentFile,
  type SweepFile,
} from "./compare/index.ts";
export { type Compiled, type CompileOptions, compile } from "./compile/compile.ts";
export { type Resident, resident } from "./compile/resident.ts";
export type { Arrays, Numbers, Symbols, Values } from "./compile/values.ts";
export type { Dataset, Field, LabelledDataset, Split, StreamedDataset, TrainingData } from "./data/dataset.ts";
export { datasetFromArrays, type FromArraysOptions } from "./data/from-arrays.ts";
export { type InMemory, inMemory } from "./data/in-memory.ts";
export { type DatasetName, type LoadOptions, loadDataset } from "./data/index.ts";
export { type StreamOptions, streamed } from "./data/stream.ts";
export { type TableDataset, type TableOptions, tableFrom } from "./data/table.ts";
export { type Description, describe } from "./describe/describe.ts";
export { ShapeError, type StopSignal, UserError } from "./errors.ts";
export type { Card, Downstream, Estimator, EstimatorState, Unit } from "./estimators/estimator.ts";
export { type EstimatorConfig, type EstimatorName, estimatorFor, estimatorNames } from "./estimators/index.ts";
export { bernoulli } from "./estimators/units/bernoulli.ts";
export { deterministic as deterministicUnit } from "./estimators/units/deterministic.ts";
export { pathwise } from "./estimators/units/pathwise.ts";
export { type Generated, type GenerateOptions, generate } from "./generate/generate.ts";
export { grad, valueAndGrad } from "./graph/grad.ts";
export { array, type DType, type NdArray, type Shape } from "./graph/ndarray.ts";
export type { Tensor, TensorLike } from "./graph/tensor.ts";
export { type GaterConfig, type GaterName, gaterNames } from "./layers/gaters/index.ts";
export { fitPreprocess, type PreprocessConfig, type PreprocessName } from "./layers/preprocess/index.ts";
export { type AutoencoderOptions, autoencoder, type BinaryAutoencoder } from "./models/autoencoder.ts";
export {
  type ConvNetworkOptions,
  lenet,
  type ResnetOptions,
  resnet,
  type VggOptions,
  vgg,
} from "./models/convolutional.ts";
export { type GatedMlpOptions, gatedMlp } from "./models/gated-mlp.ts";
export type { FieldNeed, Head, HeadFormula, Metric, Scored } from "./models/head.ts";
export { type BitsOptions, bits } from "./models/heads/bits.ts";
export { type ClassesOptions, classes } from "./models/heads/classes.ts";
export { evidence } from "./models/heads/evidence.ts";
export { gaussian } from "./models/heads/gaussian.ts";
export { type MixtureOptions, mixture } from "./models/heads/mixture.ts";
export { type StepClassesOptions, stepClasses } from "./models/heads/step-classes.ts";
export { type ValuesOptions, values } from "./models/heads/values.ts";
export { type Hidden, type MlpOptions, mlp } from "./models/mlp.ts";
export type { Classifier, Model, Params, Readout } from "./models/model.ts";
export { type NetworkOptions, network } from "./models/network.ts";
export { defineStage, type OwnStage, type OwnStageMaker } from "./models/own-stage.ts";
export { type RecurrentNetworkOptions, recurrentNetwork } from "./models/recurrent.ts";
export type { StageSpec } from "./models/stage.ts";
export { type ConvOptions, conv, type Sides } from "./models/stages/conv.ts";
export { type DenseOptions, dense } from "./models/stages/dense.ts";
export { type DropoutOptions, dropout } from "./models/stages/dropout.ts";
export { type EncodeOptions, encode } from "./models/stages/encode.ts";
export { type FlattenOptions, flatten } from "./models/stages/flatten.ts";
export type { Gated, GatedConfig } from "./models/stages/gated/config.ts";
export { type GatedOptions, gated } from "./models/stages/gated.ts";
export { type GatedConv, gatedConv } from "./models/stages/gated-conv.ts";
export { type GlobalPoolOptions, globalPool } from "./models/stages/global-pool.ts";
export { type LatentOptions, latent } from "./models/stages/latent.ts";
export { type NormaliseOptions, normalise } from "./models/stages/normalise.ts";
export { type OverTimeOptions, overTime } from "./models/stages/over-time.ts";
export { type PerStepOptions, perStep } from "./models/stages/per-step.ts";
export { type PoolOptions, pool } from "./models/stages/pool.ts";
export { type RecurrentOptions, recurrent } from "./models/stages/recurrent.ts";
export { type ResidualOptions, residual } from "./models/stages/residual.ts";
export type { ResidualGate } from "./models/stages/residual-begin.ts";
export type { UnitsOption } from "./models/stages/with-units.ts";
export type { OptimizerConfig, ScheduleConfig } from "./optimizers/config.ts";
export { type OnnxOptions, toOnnx } from "./predict/export/to-onnx.ts";
export { type ScriptOptions, toScript } from "./predict/export/to-script.ts";
export { type LoadedModel, loadModel } from "./predict/load-model.ts";
export { type NamedArrays, paramsFrom } from "./predict/params-from.ts";
export type { PredictOptions, Predictor } from "./predict/predict.ts";
export type {
  ClassPrediction,
  ClassUncertainty,
  OpenGates,
  Prediction,
  Uncertainty,
  ValuePrediction,
} from "./predict/prediction.ts";
export { type PredictorOptions, predictor } from "./predict/predictor.ts";
export { type Saveable, save } from "./predict/save.ts";
export { type Key, key } from "./random/key.ts";
export {
  Diverged,
  type EpochMetrics,
  Interrupted,
  type Progress,
  type Score,
  type Scores,
  type TrainEvent,
  type Warning,
} from "./train/events.ts";
export type { Logged, TrainingLog } from "./train/log.ts";
export type { TrainOptions } from "./train/options.ts";
export type { Trained, TrainResult } from "./train/result.ts";
export { train, trainer } from "./train/train.ts";
export { type LearnedWeights, type Pruned, prune } from "./train/weight-noise/prune.ts";
export { type PruningOptions, type PruningRow, pruningTable } from "./train/weight-noise/pruning.ts";
