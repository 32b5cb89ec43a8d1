import { sizeOf } from "../graph/index.ts";
import type { Head } from "../models/head.ts";
import type { LayerSummary, Model, StageSummary } from "../models/model.ts";
import { type Nested, nested } from "./nested.ts";

/**
 * A model with its name: "mlp 784-400-10"; of sequences "recurrent, 784 steps of 1, 128 lstm units, 10 classes"; of images
 * "conv, 28 × 28 images, conv 5×5 of 32, max pool 2×2, 256 units, 10 classes".
 */
export const modelTitle = (model: Model): string =>
  `${model.name}${isWorded(model) ? ", " : " "}${architecture(model)}`;

/** A model in a few characters: 784-400-10; with gates 784-128×64-10, gater 784-400-128; of sequences and images its stages in words. */
export const architecture = (model: Model): string => (isWorded(model) ? inWords(model) : inSizes(model));

function inSizes({ inputShape, layers }: Model): string {
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

/** What a stage of sequences is in a heading; of any other kind its number of units says enough. */
const ofSequences: Readonly<Record<string, (row: LayerSummary, stage: StageSummary) => string>> = {
  recurrent: ({ output, activation }, { rows }) =>
    `${rows.length > 1 ? `${rows.length} × ` : ""}${output.at(-1)} ${activation} units`,
  encode: ({ kind, output }) => `${kind} in ${stepsOf(output)}`,
  "over-time": ({ kind }) => kind,
  "per-step": ({ output }) => `${output.at(-1)} units at each step`,
};

/** The same of a stage of images, with the stages in it. */
const ofImages: Readonly<Record<string, (of: Nested) => string>> = {
  conv: ({ stage }) => `${stage.rows[0]!.map} of ${stage.output.at(-1)}`,
  "gated-conv": ({ stage }) => `gated conv of ${stage.output.at(-1)}${stage.config.normalise ? " normalised" : ""}`,
  pool: ({ stage }) => stage.rows[0]!.map!,
  "global-pool": ({ stage }) => stage.rows[0]!.map!,
  residual: ({ stage: { config }, inside }) =>
    `${config.gate === undefined ? "" : "gated "}residual (${listed(inside).join(", ")})`,
};

/** What is said behind another stage, as in "conv 3×3 of 32 normalised": it changes neither what there is nor how much of it. */
const said: Readonly<Record<string, (stage: StageSummary) => string>> = {
  normalise: ({ config }) => (config.over === "layer" ? "layer-normalised" : "normalised"),
  dropout: ({ rows }) => rows[0]!.kind,
  flatten: () => "",
};
const unsaid: readonly string[] = Object.keys(said);

/** A stage, and what is said behind it. */
interface Said {
  readonly of: Nested;
  readonly more: string;
}

/** Stages with those behind each that are said with it; `first` is what is said of those that none stands before. */
function saidOf(stages: readonly Nested[]): { readonly first: string[]; readonly rest: Said[] } {
  const first: string[] = [];
  const rest: { of: Nested; more: string }[] = [];
  for (const of of stages) {
    const words = said[of.stage.kind]?.(of.stage);
    if (words === undefined) rest.push({ of, more: "" });
    else if (words !== "" && rest.length > 0) rest.at(-1)!.more += ` ${words}`;
    else if (words !== "") first.push(words);
  }
  return { first, rest };
}

const isWorded = ({ stages }: Model): boolean =>
  stages.some(
    ({ kind }) => [ofSequences, ofImages].some((words) => Object.hasOwn(words, kind)) || unsaid.includes(kind),
  );

/** Whether a network begins with stages of images. */
export function readsImages({ stages }: Pick<Model, "stages">): boolean {
  const [first] = stages.filter(({ kind, keeps }) => !keeps && !unsaid.includes(kind));
  return first !== undefined && Object.hasOwn(ofImages, first.kind);
}

/** Stages in words, with those that are said behind others. */
function listed(stages: readonly Nested[]): string[] {
  const { first, rest } = saidOf(stages);
  return [...first, ...inRuns(rest)];
}

/** The chances with which images take residual stages, where some don't: later stages often have lower ones. */
function keptIn(run: readonly Said[]): string {
  const chances = run.map(({ of }) => (typeof of.stage.config.keep === "number" ? of.stage.config.keep : 1));
  const [first, last] = [chances[0]!, chances.at(-1)!].map((chance) => Number(chance.toPrecision(3)));
  if (chances.every((chance) => chance === 1)) return "";
  return first === last ? ` keep ${first}` : ` keep ${first} to ${last}`;
}

/** Each of them in words, equal ones that follow each other as one. */
function inRuns(stages: readonly Said[]): string[] {
  const words = stages.map(
    ({ of, more }) => `${ofImages[of.stage.kind]?.(of) ?? `${sizeOf(of.stage.output)} units`}${more}`,
  );
  const firsts = words.flatMap((text, i) => (text === words[i - 1] ? [] : [i]));
  return firsts.map((from, i) => {
    const run = stages.slice(from, firsts[i + 1]);
    return `${run.length > 1 ? `${run.length} × ` : ""}${words[from]}${keptIn(run)}`;
  });
}

/** Stages that are an affine map where they have no units: at the end they are what the head reads. */
const affine: readonly string[] = ["dense", "per-step"];

/** The stages from the first to the head, with the steps where they begin. */
function inWords(model: Model): string {
  const { inputShape, head } = model;
  const { first, rest: stages } = saidOf(nested(model.stages));
  const parts: string[] = [];
  /** Whether what the next stage reads is said to be steps. */
  let inSteps = false;
  /** Stages of images, up to the next of another kind. */
  let images: Said[] = [];
  if (readsImages(model)) parts.push(`${inputShape.join(" × ")} images`);
  for (const [i, next] of stages.entries()) {
    const { of, more } = next;
    const { stage } = of;
    const isOfImages = Object.hasOwn(ofImages, stage.kind);
    if (isOfImages) images.push(next);
    if (isOfImages && i === 0 && !readsImages(model)) parts.push(`${sizeOf(inputShape)} inputs`);
    if (!isOfImages || i === stages.length - 1) {
      parts.push(...inRuns(images));
      images = [];
    }
    if (isOfImages) continue;
    const row = stage.rows.at(-1)!;
    const ofSteps = Object.hasOwn(ofSequences, stage.kind) && stage.kind !== "encode";
    if (ofSteps && !inSteps) parts.push(stepsOf(row.input));
    else if (i === 0) parts.push(`${sizeOf(inputShape)} inputs`);
    const ends = i === stages.length - 1 && affine.includes(stage.kind) && row.estimator === undefined;
    const words = ends
      ? ending(head, stage)
      : (ofSequences[stage.kind]?.(row, stage) ?? `${sizeOf(stage.output)} units`);
    parts.push(`${words}${more}`);
    inSteps = Object.hasOwn(ofSequences, stage.kind) && stage.output.length > 1;
  }
  // What comes before all stages is said behind the inputs.
  if (first.length > 0) parts.splice(1, 0, ...first);
  return parts.join(", ");
}

const stepsOf = ([steps, ...rest]: readonly number[]): string =>
  `${steps} ${steps === 1 ? "step" : "steps"} of ${sizeOf(rest)}`;

/** The numbers that the head reads. */
const ending = ({ kind }: Head, { output }: StageSummary): string =>
  `${output.at(-1)} ${kind.endsWith("classes") ? "classes" : "outputs"}${output.length > 1 ? " at each step" : ""}`;
