export {
  type AutoencoderNetwork,
  type AutoencoderOptions,
  autoencoder,
  type BinaryAutoencoder,
} from "./autoencoder.ts";
export {
  type ConvNetworkOptions,
  lenet,
  type ResnetOptions,
  resnet,
  type VggOptions,
  vgg,
} from "./convolutional.ts";
export type { Own } from "./from-config.ts";
export { type GatedMlpOptions, gatedMlp } from "./gated-mlp.ts";
export type { Batch as BatchFields, Draws, FieldNeed, Head, HeadFormula, Metric, Scored } from "./head.ts";
export type { BitsOptions } from "./heads/bits.ts";
export { type ClassesOptions, classes } from "./heads/classes.ts";
export { evidence } from "./heads/evidence.ts";
export { gaussian } from "./heads/gaussian.ts";
export type { HeadMaker } from "./heads/index.ts";
export type { MixtureOptions } from "./heads/mixture.ts";
export { type StepClassesOptions, stepClasses } from "./heads/step-classes.ts";
export { type ValuesOptions, values } from "./heads/values.ts";
export { type Hidden, type HiddenConfig, type MlpOptions, mlp } from "./mlp.ts";
export type {
  Classifier,
  FittedThreshold,
  Flow,
  GatesSummary,
  LayerParams,
  LayerSummary,
  Model,
  ParameterSummary,
  Params,
  Readout,
  StageSummary,
  TrainingPass,
  UnitLayer,
} from "./model.ts";
export { type NetworkOptions, network } from "./network.ts";
export { defineStage, type OwnStage, type OwnStageMaker } from "./own-stage.ts";
export { type RecurrentLayers, type RecurrentNetworkOptions, recurrentNetwork } from "./recurrent.ts";
export type {
  Called,
  Controlled,
  FittedParameter,
  Initial,
  Observation,
  Ran,
  Running,
  Sent,
  Stage,
  StagePlace,
  StageSpec,
} from "./stage.ts";
export { type ConvOptions, conv, type Sides } from "./stages/conv.ts";
export { type DenseOptions, dense } from "./stages/dense.ts";
export { type DropoutOptions, dropout } from "./stages/dropout.ts";
export { type EncodeOptions, encode } from "./stages/encode.ts";
export { type FlattenOptions, flatten } from "./stages/flatten.ts";
export type { Gated, GatedConfig } from "./stages/gated/config.ts";
export { type GatedOptions, gated } from "./stages/gated.ts";
export { type GatedConv, type GatedConvConfig, gatedConv } from "./stages/gated-conv.ts";
export { type GlobalPoolOptions, globalPool } from "./stages/global-pool.ts";
export type { StageMaker } from "./stages/index.ts";
export { type LatentOptions, latent } from "./stages/latent.ts";
export { type NormaliseOptions, normalise } from "./stages/normalise.ts";
export { type OverTimeOptions, overTime } from "./stages/over-time.ts";
export { type PerStepOptions, perStep } from "./stages/per-step.ts";
export { type PoolOptions, pool } from "./stages/pool.ts";
export { type RecurrentOptions, recurrent } from "./stages/recurrent.ts";
export { type ResidualOptions, residual } from "./stages/residual.ts";
export type { ResidualGate } from "./stages/residual-begin.ts";
export type { UnitsOption } from "./stages/with-units.ts";
