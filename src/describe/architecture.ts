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
  "gated-conv": ({ stage }) => `gated conv of ${stage.output.at(-1)}`,
  pool: ({ stage }) => stage.rows[0]!.map!,
  "global-pool": ({ stage }) => stage.rows[0]!.map!,
  residual: ({ inside }) => `residual (${listed(inside.filter(isSaid)).join(", ")})`,
};

/** Stages that a heading leaves out: they change neither what there is nor how much of it. */
const unsaid: readonly string[] = ["normalise", "dropout", "flatten"];
const isSaid = ({ stage }: Nested): boolean => !unsaid.includes(stage.kind);

const isWorded = ({ stages }: Model): boolean =>
  stages.some(
    ({ kind }) => [ofSequences, ofImages].some((words) => Object.hasOwn(words, kind)) || unsaid.includes(kind),
  );

/** Whether a network begins with stages of images. */
export function readsImages({ stages }: Pick<Model, "stages">): boolean {
  const [first] = stages.filter(({ kind, keeps }) => !keeps && !unsaid.includes(kind));
  return first !== undefined && Object.hasOwn(ofImages, first.kind);
}

/** Each of them in words, equal ones that follow each other as one. */
function listed(stages: readonly Nested[]): string[] {
  const words = stages.map((of) => ofImages[of.stage.kind]?.(of) ?? `${sizeOf(of.stage.output)} units`);
  const firsts = words.flatMap((text, i) => (text === words[i - 1] ? [] : [i]));
  return firsts.map((from, i) => {
    const times = (firsts[i + 1] ?? words.length) - from;
    return times > 1 ? `${times} × ${words[from]}` : words[from]!;
  });
}

/** Stages that are an affine map where they have no units: at the end they are what the head reads. */
const affine: readonly string[] = ["dense", "per-step"];

/** The stages from the first to the head, with the steps where they begin. */
function inWords(model: Model): string {
  const { inputShape, head } = model;
  const stages = nested(model.stages).filter(isSaid);
  const parts: string[] = [];
  /** Whether what the next stage reads is said to be steps. */
  let inSteps = false;
  /** Stages of images, up to the next of another kind. */
  let images: Nested[] = [];
  if (readsImages(model)) parts.push(`${inputShape.join(" × ")} images`);
  for (const [i, of] of stages.entries()) {
    const { stage } = of;
    const isOfImages = Object.hasOwn(ofImages, stage.kind);
    if (isOfImages) images.push(of);
    if (isOfImages && i === 0 && !readsImages(model)) parts.push(`${sizeOf(inputShape)} inputs`);
    if (!isOfImages || i === stages.length - 1) {
      parts.push(...listed(images));
      images = [];
    }
    if (isOfImages) continue;
    const row = stage.rows.at(-1)!;
    const ofSteps = Object.hasOwn(ofSequences, stage.kind) && stage.kind !== "encode";
    if (ofSteps && !inSteps) parts.push(stepsOf(row.input));
    else if (i === 0) parts.push(`${sizeOf(inputShape)} inputs`);
    const ends = i === stages.length - 1 && affine.includes(stage.kind) && row.estimator === undefined;
    if (ends) parts.push(ending(head, stage));
    else parts.push(ofSequences[stage.kind]?.(row, stage) ?? `${sizeOf(stage.output)} units`);
    inSteps = Object.hasOwn(ofSequences, stage.kind) && stage.output.length > 1;
  }
  return parts.join(", ");
}

const stepsOf = ([steps, ...rest]: readonly number[]): string =>
  `${steps} ${steps === 1 ? "step" : "steps"} of ${sizeOf(rest)}`;

/** The numbers that the head reads. */
const ending = ({ kind }: Head, { output }: StageSummary): string =>
  `${output.at(-1)} ${kind.endsWith("classes") ? "classes" : "outputs"}${output.length > 1 ? " at each step" : ""}`;
