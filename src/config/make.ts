import { featureMeans } from "../data/binarize.ts";
import { type Field, isStreamed } from "../data/dataset.ts";
import { type DatasetName, loadDataset, type OnLoadProgress, type TrainingData } from "../data/index.ts";
import { UserError } from "../errors.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { type NdArray, sizeOf } from "../graph/index.ts";
import { fitPreprocess, type PreprocessName, type StandardiseConfig } from "../layers/preprocess/index.ts";
import { autoencoder } from "../models/autoencoder.ts";
import { convStages, namedStages, tutorialStages } from "../models/convolutional.ts";
import { stageFrom } from "../models/from-config.ts";
import type { Head } from "../models/head.ts";
import { heads } from "../models/heads/index.ts";
import { values } from "../models/heads/values.ts";
import { type HiddenConfig, hiddenStages } from "../models/mlp.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import type { ModelConfig } from "../models/options.ts";
import { recurrentStages } from "../models/recurrent.ts";
import type { StageSpec } from "../models/stage.ts";
import type { StageConfig } from "../models/stage-options.ts";
import { dense } from "../models/stages/dense.ts";
import type { GatedConfig } from "../models/stages/gated/config.ts";
import { gated as gatedStage } from "../models/stages/gated.ts";
import { perStep } from "../models/stages/per-step.ts";
import type { RecurrentOptions } from "../models/stages/recurrent.ts";
import { areIndicators } from "../tables/columns.ts";
import type { RunConfig } from "./config.ts";

/** A config as a run folder keeps it: it says what was trained, and can be trained again elsewhere. */
export const written = ({ machine, ...decides }: RunConfig): RunConfig => ({
  ...decides,
  machine: { ...machine, out: undefined },
});

/**
 * The data set of a config. Throws UserError for files that are missing or damaged.
 * @param report told of the progress where reading takes longer than a second
 */
export function datasetFor(
  { data: { name, ...options } }: Pick<RunConfig, "data">,
  report?: OnLoadProgress,
): Promise<TrainingData> {
  return loadDataset(name as DatasetName, options, report);
}

type Of<N extends ModelConfig["name"]> = Extract<ModelConfig, { readonly name: N }>;

/** How a field is scaled: by its training examples where they are in memory. A stream has none before the training, and isn't scaled. */
const scaleOf = ({ train }: TrainingData, field: string): StandardiseConfig | undefined =>
  isStreamed(train) ? undefined : fitPreprocess("standardise", train.fields[field]!);

/** The scale of inputs that are a table's: what says 0 or 1 stays, since a rare 1 would become a large number. */
function scaleOfTable(data: TrainingData): StandardiseConfig | undefined {
  const scale = scaleOf(data, "x");
  const { table } = data.fields.x!;
  if (!scale || !table) return scale;
  const stays = areIndicators(table);
  return {
    ...scale,
    mean: scale.mean.map((mean, i) => (stays[i] ? 0 : mean)),
    deviation: scale.deviation.map((deviation, i) => (stays[i] ? 1 : deviation)),
  };
}

/** The head that the data ask for: classes where they have labels, values where they have numbers to predict. */
function headFor(data: TrainingData): Head {
  const { label, y } = data.fields;
  if (label?.classes) return headOf({ kind: label.shape.length > 0 ? "step-classes" : "classes" }, data);
  if (y && hasLengths(data, y)) return headOf({ kind: "mixture" }, data);
  if (y) return values(y.shape, { scale: scaleOf(data, "y") });
  throw new UserError(
    `model: ${data.name} has no field label or y to predict; its fields are ${Object.keys(data.fields).join(", ")}`,
  );
}

/** What a network reads of the data, scaled as asked, and where nothing is asked standardised where they are columns of a table. */
function inputOf(data: TrainingData, asked?: PreprocessName | "none") {
  const { shape, spikes, columns } = data.fields.x!;
  const usual = columns && scaleOfTable(data);
  const preprocess =
    asked === undefined ? usual : asked === "none" ? undefined : fitPreprocess(asked, fittedTo(data, asked));
  return { input: shape, ...(spikes && { inputSpikes: true }), ...(preprocess && { preprocess }) };
}

/** The inputs that a scaling is fitted to. */
function fittedTo({ name, train }: TrainingData, asked: PreprocessName): NdArray {
  if (!isStreamed(train)) return train.fields.x!;
  throw new UserError(
    `model: preprocess ${asked} is fitted to training examples in memory, ${name} streams them: omit preprocess (--preprocess)`,
  );
}

/** What makes each model of what a config says, with the sizes that the data have. Adding a model means adding a line here. */
const makers: { readonly [N in ModelConfig["name"]]: (config: Of<N>, data: TrainingData) => Model } = {
  mlp: ({ name, hidden = [], preprocess, trainingSamples, recompute }, data) =>
    network({
      ...{ name, ...inputOf(data, preprocess), trainingSamples, recompute, head: headFor(data) },
      stages: [...hiddenStages(hidden, "hidden", "mlp: hidden"), dense({ name: "output" })],
      subjects: hidden.map((_, i) => `mlp: hidden[${i}]`),
    }),
  "gated-mlp": ({ name, trunk = [], gated = [], preprocess, trainingSamples, recompute }, data) =>
    network({
      ...{ name, ...inputOf(data, preprocess), trainingSamples, recompute, head: headFor(data) },
      stages: [...hiddenStages(trunk, "trunk", "gated-mlp: trunk"), ...gated.map((layer) => gatedStage(layer))],
      subjects: [...trunk.map((_, i) => `gated-mlp: trunk[${i}]`), ...gated.map((_, i) => `gated-mlp: gated[${i}]`)],
    }),
  network: ({ name, stages, head: asked, preprocess, trainingSamples, recompute }, data) => {
    const head = asked ? headOf(asked, data) : headFor(data);
    return network({
      ...{ name, ...inputOf(data, preprocess), trainingSamples, recompute, head },
      stages: withOutput(stages, head),
    });
  },
  conv: ({ stages = tutorialStages, ...config }, data) => convolutional(config, stages, data),
  lenet: (config, data) => convolutional(config, namedStages.lenet(config), data),
  vgg: (config, data) => convolutional(config, namedStages.vgg(config), data),
  resnet: (config, data) => convolutional(config, namedStages.resnet(config), data),
  recurrent: (
    { name, preprocess, trainingSamples, lengths, head: asked, cell = { name: "lstm" }, units = 128, ...layers },
    data,
  ) => {
    const head = asked ? headOf(asked, data) : headFor(data);
    const cells = { ...layers, cell, units, lengths: lengths ?? (data.fields.lengths && "lengths") };
    return network({
      ...{ name, ...inputOf(data, preprocess), trainingSamples, head },
      ...recurrentStages(cells, head),
    });
  },
  autoencoder: ({ network: form = "linear", latents, layers, estimator = "disarm", recompute }, data) =>
    autoencoder({ mean: featureMeans(inMemoryOf(data)), network: form, latents, layers, estimator, recompute }),
};

/** A network of convolutions, for these data. */
function convolutional(
  {
    name,
    estimator = "straight-through-slope",
    head: asked,
    preprocess,
    trainingSamples,
    recompute,
  }: Omit<Of<"conv">, "stages" | "name"> & { readonly name: string },
  stages: readonly StageConfig[],
  data: TrainingData,
): Model {
  const head = asked ? headOf(asked, data) : headFor(data);
  return network({
    ...{ name, ...inputOf(data, preprocess), trainingSamples, recompute, head },
    stages: convStages(stages, estimator, name),
  });
}

/** The training examples of data that a model is fitted to before its training. */
function inMemoryOf({ name, train }: TrainingData) {
  if (!isStreamed(train)) return train;
  throw new UserError(
    `model: autoencoder needs its training examples in memory, ${name} streams them: take a data set of images, such as mnist`,
  );
}

/** The model of a config, for these data. Throws UserError where they don't go together. */
export const modelFor = ({ model }: Pick<RunConfig, "model">, data: TrainingData): Model =>
  (makers[model.name] as (config: ModelConfig, data: TrainingData) => Model)(model, data);

interface Kinded {
  readonly kind: string;
}

/**
 * Stages after which a network ends in an affine map into what the head reads, of each step for a head of steps. Others say themselves what they end
 * in, and so does a dense stage without an estimator.
 */
const beforeOutput: readonly string[] = [
  ...["dense", "recurrent", "over-time"],
  ...["conv", "gated-conv", "pool", "global-pool", "normalise", "dropout", "flatten", "residual"],
];

function withOutput(stages: readonly StageConfig[], { draws }: Head): StageSpec[] {
  const made = stages.map((stage, i) => stageFrom(stage, {}, `network: stages[${i}]`));
  const last = stages.at(-1);
  if (!last || !beforeOutput.includes(last.kind) || (last.kind === "dense" && last.estimator === undefined))
    return made;
  return [...made, draws && last.kind !== "dense" ? perStep({ name: "output" }) : dense({ name: "output" })];
}

const fieldOf = (kind: string): string => (kind === "classes" || kind === "step-classes" ? "label" : "y");

/** A head with the sizes that the data have. */
function headOf({ kind, ...options }: Kinded, data: TrainingData): Head {
  const { field = fieldOf(kind), pen } = options as { readonly field?: string; readonly pen?: boolean };
  const spec = data.fields[field];
  if (!spec)
    throw new UserError(
      `model.head: ${data.name} has no field ${field}; its fields are ${Object.keys(data.fields).join(", ")}`,
    );
  const sizes = sizesOf(kind, field, spec, data, pen);
  const scaled = kind === "values" || kind === "gaussian";
  const scale = scaled && { scale: scaleOf(data, field) };
  const make = heads[kind as keyof typeof heads] as (config: object) => Head;
  return make({ ...sizes, ...scale, ...options });
}

/** Whether a field has a row for each step of sequences that are padded. */
const hasLengths = ({ fields }: TrainingData, { shape }: Field): boolean =>
  fields.lengths !== undefined && shape.length > 0;

/** The options of a head that come from the data. Throws UserError where it would take the padding of sequences for steps. */
function sizesOf(kind: string, field: string, spec: Field, data: TrainingData, pen?: boolean): object {
  const [steps] = spec.shape;
  const ofSteps = { steps, ...(hasLengths(data, spec) && { lengths: "lengths" }) };
  if (kind === "step-classes" || kind === "mixture") {
    if (steps === undefined)
      throw new UserError(
        `model.head: ${kind} needs a row of ${field} for each step, ${data.name} has one value an example`,
      );
    if (kind === "step-classes") return { ...ofSteps, classes: spec.classes?.length };
    const values = sizeOf(spec.shape.slice(1));
    const lifts = pen ?? (values === 3 && endsInBits(data.valid.fields[field]!));
    return { ...ofSteps, pen: lifts, ...(!lifts && { values }) };
  }
  if (hasLengths(data, spec))
    throw new UserError(
      `model.head: ${kind} would read the padding of ${field} in ${data.name}, whose sequences have lengths: choose step-classes or mixture`,
    );
  return kind === "classes" ? { classes: spec.classes?.length } : { shape: spec.shape };
}

/** Whether the last of each step's three values is 0 or 1, as of a pen that is down or lifted. */
const endsInBits = ({ data }: NdArray): boolean =>
  data.every((value: number, i) => i % 3 !== 2 || value === 0 || value === 1);

/** The layers of a model in words that a folder's name can have: 400-straight-through, gated-128x64-disarm. */
export function layerNames(model: ModelConfig): string[] {
  const nameOf = (of: EstimatorConfig): string => (typeof of === "string" ? of : of.name);
  const hidden = ({ units, estimator }: HiddenConfig): string => `${units}-${nameOf(estimator)}`;
  const gated = ({ blocks, width = 1, gate }: GatedConfig): string =>
    `gated-${blocks}${width > 1 ? `x${width}` : ""}-${nameOf(gate)}`;
  const recurrent = ({ cell, units }: RecurrentOptions): string =>
    `${typeof cell === "string" ? cell : cell.name}-${units}`;
  const stage = (of: StageConfig): string => {
    if (of.kind === "gated") return gated(of);
    if (of.kind === "recurrent") return recurrent(of);
    if (of.kind === "encode") return typeof of.coding === "string" ? of.coding : of.coding.name;
    if (of.kind === "over-time") return of.reduce;
    if (of.kind === "dense" && of.estimator !== undefined) return `${of.units}-${nameOf(of.estimator)}`;
    if (of.kind === "conv" || of.kind === "gated-conv") return `${of.kind}-${of.features}`;
    return "units" in of && of.units !== undefined ? `${of.kind}-${of.units}` : of.kind;
  };
  switch (model.name) {
    case "mlp":
      return (model.hidden ?? []).map(hidden);
    case "gated-mlp":
      return [...(model.trunk ?? []).map(hidden), ...(model.gated ?? []).map(gated)];
    case "network":
      return model.stages.map(stage);
    case "conv":
      return [...(model.stages ?? tutorialStages).map(stage), nameOf(model.estimator ?? "straight-through-slope")];
    case "lenet":
    case "vgg":
    case "resnet":
      return [model.name, nameOf(model.estimator ?? "straight-through-slope")];
    case "recurrent":
      return Array.from({ length: model.layers ?? 1 }, () =>
        recurrent({ cell: model.cell ?? { name: "lstm" }, units: model.units ?? 128 }),
      );
    case "autoencoder":
      return [`autoencoder-${model.latents}-${nameOf(model.estimator ?? "disarm")}`];
  }
}
