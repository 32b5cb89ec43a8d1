export { type Hidden, type HiddenConfig, type MlpOptions, mlp } from "./mlp.ts";
export type { LayerParams, LayerSummary, Model, Params, Readout, TrainingPass } from "./model.ts";
