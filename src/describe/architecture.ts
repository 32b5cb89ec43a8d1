import { sizeOf } from "../graph/index.ts";
import type { Head } from "../models/head.ts";
import type { LayerSummary, Model, StageSummary } from "../models/model.ts";

/** A model with its name: "mlp 784-400-10"; of sequences "recurrent, 784 steps of 1, 128 lstm units, 10 classes". */
export const modelTitle = (model: Model): string =>
  `${model.name}${readsSequences(model) ? ", " : " "}${architecture(model)}`;

/** A model in a few characters: 784-400-10; with gates 784-128×64-10, gater 784-400-128; of sequences its stages in words. */
export const architecture = (model: Model): string => (readsSequences(model) ? inWords(model) : inSizes(model));

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
const words: Readonly<Record<string, (row: LayerSummary, stage: StageSummary) => string>> = {
  recurrent: ({ output, activation }, { rows }) =>
    `${rows.length > 1 ? `${rows.length} × ` : ""}${output.at(-1)} ${activation} units`,
  encode: ({ kind, output }) => `${kind} in ${stepsOf(output)}`,
  "over-time": ({ kind }) => kind,
  "per-step": ({ output }) => `${output.at(-1)} units at each step`,
};

const readsSequences = ({ stages }: Model): boolean => stages.some(({ kind }) => Object.hasOwn(words, kind));

/** Stages that are an affine map where they have no units: at the end they are what the head reads. */
const affine: readonly string[] = ["dense", "per-step"];

/** The stages from the first to the head, with the steps where they begin. */
function inWords({ inputShape, stages, head }: Model): string {
  const parts: string[] = [];
  /** Whether what the next stage reads is said to be steps. */
  let inSteps = false;
  for (const [i, stage] of stages.entries()) {
    const row = stage.rows.at(-1)!;
    const ofSteps = Object.hasOwn(words, stage.kind) && stage.kind !== "encode";
    if (ofSteps && !inSteps) parts.push(stepsOf(row.input));
    else if (i === 0) parts.push(`${sizeOf(inputShape)} inputs`);
    const ends = i === stages.length - 1 && affine.includes(stage.kind) && row.estimator === undefined;
    if (ends) parts.push(ending(head, stage));
    else parts.push(words[stage.kind]?.(row, stage) ?? `${sizeOf(stage.output)} units`);
    inSteps = Object.hasOwn(words, stage.kind) && stage.output.length > 1;
  }
  return parts.join(", ");
}

const stepsOf = ([steps, ...rest]: readonly number[]): string =>
  `${steps} ${steps === 1 ? "step" : "steps"} of ${sizeOf(rest)}`;

/** The numbers that the head reads. */
const ending = ({ kind }: Head, { output }: StageSummary): string =>
  `${output.at(-1)} ${kind.endsWith("classes") ? "classes" : "outputs"}${output.length > 1 ? " at each step" : ""}`;
