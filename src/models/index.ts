export type { Gated, GatedConfig } from "./gated/config.ts";
export { type GatedMlpOptions, gatedMlp } from "./gated-mlp.ts";
export type { Hidden, HiddenConfig } from "./hidden.ts";
export { type MlpOptions, mlp } from "./mlp.ts";
export type {
  FittedThreshold,
  GatesSummary,
  LayerParams,
  LayerSummary,
  Model,
  ParameterSummary,
  Params,
  Readout,
  TrainingPass,
} from "./model.ts";
