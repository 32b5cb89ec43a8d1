import { featureMeans } from "../data/binarize.ts";
import { type Dataset, type DatasetName, loadDataset } from "../data/index.ts";
import { UserError } from "../errors.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { fitPreprocess } from "../layers/preprocess/index.ts";
import { autoencoder } from "../models/autoencoder.ts";
import type { Head } from "../models/head.ts";
import { heads } from "../models/heads/index.ts";
import { values } from "../models/heads/values.ts";
import { type HiddenConfig, hiddenStages } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import type { ModelConfig, StageConfig } from "../models/options.ts";
import { recurrentStages } from "../models/recurrent.ts";
import type { StageSpec } from "../models/stage.ts";
import { dense } from "../models/stages/dense.ts";
import type { GatedConfig } from "../models/stages/gated/config.ts";
import { gated as gatedStage } from "../models/stages/gated.ts";
import { stages as stageMakers } from "../models/stages/index.ts";
import type { RecurrentOptions } from "../models/stages/recurrent.ts";
import type { RunConfig } from "./config.ts";

/** A config as a run folder keeps it: it says what was trained, and can be trained again elsewhere. */
export const written = ({ machine, ...decides }: RunConfig): RunConfig => ({
  ...decides,
  machine: { ...machine, out: undefined },
});

/** The data set of a config. Throws UserError for files that are missing or damaged. */
export function datasetFor({ data: { name, ...options } }: Pick<RunConfig, "data">): Promise<Dataset> {
  return loadDataset(name as DatasetName, options);
}

type Of<N extends ModelConfig["name"]> = Extract<ModelConfig, { readonly name: N }>;

/** The head that the data ask for: classes where they have labels, values where they have numbers to predict. */
function headFor(data: Dataset): Head {
  const { label, y } = data.fields;
  if (label?.classes) return heads.classes({ classes: label.classes.length });
  if (y) return values(y.shape, { scale: fitPreprocess("standardise", data.train.fields.y!) });
  throw new UserError(
    `model: ${data.name} has no field label or y to predict; its fields are ${Object.keys(data.fields).join(", ")}`,
  );
}

/** What a network reads of the data, scaled where they are columns of a table. */
const inputOf = (data: Dataset) => ({
  input: data.fields.x!.shape,
  ...(data.fields.x!.columns && { preprocess: fitPreprocess("standardise", data.train.fields.x!) }),
});

/** What makes each model of what a config says, with the sizes that the data have. Adding a model means adding a line here. */
const makers: { readonly [N in ModelConfig["name"]]: (config: Of<N>, data: Dataset) => Model } = {
  mlp: ({ name, hidden = [], trainingSamples }, data) =>
    network({
      ...{ name, ...inputOf(data), trainingSamples, head: headFor(data) },
      stages: [...hiddenStages(hidden, "hidden", "mlp: hidden"), dense({ name: "output" })],
      subjects: hidden.map((_, i) => `mlp: hidden[${i}]`),
    }),
  "gated-mlp": ({ name, trunk = [], gated = [], trainingSamples }, data) =>
    network({
      ...{ name, ...inputOf(data), trainingSamples, head: headFor(data) },
      stages: [...hiddenStages(trunk, "trunk", "gated-mlp: trunk"), ...gated.map((layer) => gatedStage(layer))],
      subjects: [...trunk.map((_, i) => `gated-mlp: trunk[${i}]`), ...gated.map((_, i) => `gated-mlp: gated[${i}]`)],
    }),
  network: ({ name, stages, head, trainingSamples }, data) =>
    network({
      ...{ name, ...inputOf(data), trainingSamples },
      head: head ? headOf(head, data) : headFor(data),
      stages: withOutput(stages.map(stageOf)),
    }),
  recurrent: ({ name, trainingSamples, lengths, cell = { name: "lstm" }, units = 128, ...layers }, data) =>
    network({
      ...{ name, ...inputOf(data), trainingSamples, head: headFor(data) },
      ...recurrentStages({ ...layers, cell, units, lengths: lengths ?? (data.fields.lengths && "lengths") }),
    }),
  autoencoder: ({ network: form = "linear", latents, layers, estimator = "disarm" }, data) =>
    autoencoder({ mean: featureMeans(data.train), network: form, latents, layers, estimator }),
};

/** The model of a config, for these data. Throws UserError where they don't go together. */
export const modelFor = ({ model }: Pick<RunConfig, "model">, data: Dataset): Model =>
  (makers[model.name] as (config: ModelConfig, data: Dataset) => Model)(model, data);

interface Kinded {
  readonly kind: string;
}

const stageOf = ({ kind, ...options }: Kinded): StageSpec =>
  (stageMakers[kind as keyof typeof stageMakers] as (options: object) => StageSpec)(options);

/** Dense and recurrent stages end in an affine map into what the head reads; others say themselves what they end in. */
const withOutput = (stages: readonly StageSpec[]): StageSpec[] =>
  ["dense", "recurrent"].includes(stages.at(-1)?.kind ?? "") ? [...stages, dense({ name: "output" })] : [...stages];

/** A head with the sizes that the data have. */
function headOf({ kind, ...options }: Kinded, data: Dataset): Head {
  const { field = kind === "classes" ? "label" : "y" } = options as { readonly field?: string };
  const spec = data.fields[field];
  if (!spec)
    throw new UserError(
      `model.head: ${data.name} has no field ${field}; its fields are ${Object.keys(data.fields).join(", ")}`,
    );
  const sizes = kind === "classes" ? { classes: spec.classes?.length } : { shape: spec.shape };
  const scaled = kind === "values" || kind === "gaussian";
  const scale = scaled && { scale: fitPreprocess("standardise", data.train.fields[field]!) };
  const make = heads[kind as keyof typeof heads] as (config: object) => Head;
  return make({ ...sizes, ...scale, ...options });
}

/** The layers of a model in words that a folder's name can have: 400-straight-through, gated-128x64-disarm. */
export function layerNames(model: ModelConfig): string[] {
  const nameOf = (of: EstimatorConfig): string => (typeof of === "string" ? of : of.name);
  const hidden = ({ units, estimator }: HiddenConfig): string => `${units}-${nameOf(estimator)}`;
  const gated = ({ blocks, width = 1, gate }: GatedConfig): string =>
    `gated-${blocks}${width > 1 ? `x${width}` : ""}-${nameOf(gate)}`;
  const recurrent = ({ cell, units }: RecurrentOptions): string => `${cell.name}-${units}`;
  const stage = (of: StageConfig): string => {
    if (of.kind === "gated") return gated(of);
    if (of.kind === "recurrent") return recurrent(of);
    return of.kind === "per-step" ? `${of.kind}-${of.units}` : hidden(of);
  };
  switch (model.name) {
    case "mlp":
      return (model.hidden ?? []).map(hidden);
    case "gated-mlp":
      return [...(model.trunk ?? []).map(hidden), ...(model.gated ?? []).map(gated)];
    case "network":
      return model.stages.map(stage);
    case "recurrent":
      return Array.from({ length: model.layers ?? 1 }, () =>
        recurrent({ cell: model.cell ?? { name: "lstm" }, units: model.units ?? 128 }),
      );
    case "autoencoder":
      return [`autoencoder-${model.latents}-${nameOf(model.estimator ?? "disarm")}`];
  }
}
