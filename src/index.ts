// The public face of the library: re-exports only.
export type { Backend, BackendInfo, Storage } from "./backends/backend.ts";
export { type BackendName, type BackendOptions, backend, currentBackend } from "./backends/select.ts";
export * from "./cells/index.ts";
export { type Compiled, type CompileOptions, compile } from "./compile/compile.ts";
export { Resident, resident } from "./compile/resident.ts";
export type { Arrays, Numbers, Symbols, Values } from "./compile/values.ts";
export {
  type ConfigFlags,
  datasetFor,
  defaultConfig,
  type MachineConfig,
  modelFor,
  overlay,
  type RunConfig,
  resolveConfig,
} from "./config/index.ts";
export * from "./data/index.ts";
export * from "./describe/index.ts";
export { ShapeError, type StopSignal, UserError } from "./errors.ts";
export * from "./estimators/index.ts";
export { bernoulli } from "./estimators/units/bernoulli.ts";
export * from "./graph/index.ts";
export { type ActivationName, activationFor, activationNames } from "./layers/activations.ts";
export { type AffineParams, affine, affineInit } from "./layers/affine.ts";
export {
  type GatedBlocksOptions,
  type GatedBlocksParams,
  gatedBlocks,
  gatedBlocksInit,
} from "./layers/gated-blocks.ts";
export * from "./layers/gaters/index.ts";
export * from "./layers/preprocess/index.ts";
export * from "./measure/index.ts";
export * from "./models/index.ts";
export * from "./optimizers/index.ts";
export type { Fusion } from "./plan/fusion.ts";
export * from "./random/index.ts";
export * from "./train/index.ts";
