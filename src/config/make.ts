import { type Dataset, type DatasetName, loadDataset } from "../data/index.ts";
import { UserError } from "../errors.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { sizeOf } from "../graph/index.ts";
import type { GatedConfig } from "../models/gated/config.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import type { HiddenConfig } from "../models/hidden.ts";
import { mlp } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import type { ModelConfig, StageConfig } from "../models/options.ts";
import { show } from "../rules.ts";
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

/** What makes each model of what a config says, with the sizes that the data have. Adding a model means adding a line here. */
const makers: { readonly [N in ModelConfig["name"]]: (config: Of<N>, data: Dataset) => Model } = {
  mlp: ({ hidden = [], trainingSamples }, { inputShape: input, classes }) =>
    mlp({ input, hidden, classes, trainingSamples }),
  "gated-mlp": ({ trunk, gated = [], trainingSamples }, { inputShape: input, classes }) =>
    gatedMlp({ input, trunk, gated, classes, trainingSamples }),
  network: ({ stages, trainingSamples }, { inputShape: input, classes }) => {
    const { trunk, gated } = partsOf(stages);
    return gated.length > 0
      ? gatedMlp({ input, trunk, gated, classes, trainingSamples })
      : mlp({ input, hidden: trunk, classes, trainingSamples });
  },
  autoencoder: () => {
    throw new UserError("train: an autoencoder is trained by heaviside benchmark autoencoder");
  },
};

/** The model of a config, for these data. Throws UserError where they don't go together. */
export const modelFor = ({ model }: Pick<RunConfig, "model">, data: Dataset): Model =>
  (makers[model.name] as (config: ModelConfig, data: Dataset) => Model)(model, data);

/** Dense stages, and the gated ones that follow them. */
function partsOf(stages: readonly StageConfig[]) {
  const parts: { trunk: HiddenConfig[]; gated: GatedConfig[] } = { trunk: [], gated: [] };
  for (const { name, ...stage } of stages) {
    if (name !== undefined) throw new UserError(`model.stages: a stage has no name yet, received ${show(name)}`);
    const { kind, ...options } = stage;
    if (kind === "gated") parts.gated.push(options as GatedConfig);
    else if (parts.gated.length === 0) parts.trunk.push(options as HiddenConfig);
    else throw new UserError("model.stages: dense stages must come before gated ones");
  }
  return parts;
}

/** A model in a few characters: 784-400-10; with gates 784-128×64-10, gater 784-400-128. */
export function architecture({ inputShape, layers }: Model): string {
  const [main, gaters] = [[sizeOf(inputShape)] as (number | string)[], [] as string[]];
  let gater: (number | string)[] = [];
  for (const { name, input, output, gates } of layers) {
    if (name.startsWith("gater")) gater = [...(gater.length > 0 ? gater : [sizeOf(input)]), sizeOf(output)];
    else {
      if (gates) main.push(gates.width === 1 ? gates.blocks : `${gates.blocks}×${gates.width}`);
      main.push(sizeOf(output));
      if (gater.length > 0) gaters.push(`gater ${gater.join("-")}`);
      gater = [];
    }
  }
  return [main.join("-"), ...gaters].join(", ");
}

/** The layers of a model in words that a folder's name can have: 400-straight-through, gated-128x64-disarm. */
export function layerNames(model: ModelConfig): string[] {
  const nameOf = (of: EstimatorConfig): string => (typeof of === "string" ? of : of.name);
  const dense = ({ units, estimator }: HiddenConfig): string => `${units}-${nameOf(estimator)}`;
  const gated = ({ blocks, width = 1, gate }: GatedConfig): string =>
    `gated-${blocks}${width > 1 ? `x${width}` : ""}-${nameOf(gate)}`;
  switch (model.name) {
    case "mlp":
      return (model.hidden ?? []).map(dense);
    case "gated-mlp":
      return [...(model.trunk ?? []).map(dense), ...(model.gated ?? []).map(gated)];
    case "network":
      return model.stages.map((stage) => (stage.kind === "gated" ? gated(stage) : dense(stage)));
    case "autoencoder":
      return [`autoencoder-${model.latents}-${nameOf(model.estimator ?? "disarm")}`];
  }
}
