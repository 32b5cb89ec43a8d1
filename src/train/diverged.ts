import type { Backend } from "../backends/backend.ts";
import { checkDataset } from "../data/check.ts";
import type { TrainingData } from "../data/dataset.ts";
import { constant, evaluate, leaves, type NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { needsOf } from "../models/feed.ts";
import type { Model } from "../models/model.ts";
import type { TrainingConfig } from "./config.ts";
import { Diverged, type FirstBroken } from "./events.ts";
import { type FirstStep, firstStep } from "./first-step.ts";
import type { Best, Position } from "./snapshot.ts";

/** What is known where something is found not to be finite. */
export interface Finding {
  /** In words: the loss, or an array's name. */
  readonly what: string;
  /** What it is, where it is one number. */
  readonly value: number | undefined;
  readonly position: Position;
  /** The mean loss of the step before the last one; undefined where there was none. */
  readonly before: number | undefined;
  /** The parameters as they are now. */
  readonly params: Tree<NdArray>;
  readonly best: Best<string> | undefined;
  readonly runFolder: string | undefined;
  /** Where it began, if `debugNan` looked. */
  readonly first: FirstBroken | undefined;
}

interface Setting {
  readonly model: Model;
  readonly data: TrainingData;
  /** A batch of training examples, as the network reads them. */
  readonly examples: readonly NdArray[];
  readonly config: TrainingConfig;
  readonly backend: Backend;
  readonly rate: (step: Tensor) => Tensor;
}

/** A loss this many times that of guessing, and a gradient this large, are too much for a first step. */
const MUCH = 100;
const STEEP = 1e4;
/** A parameter above this has grown, and did not break at once. */
const GROWN = 1e4;

/**
 * The error for a training in which something is no longer finite: what, where, and what to try, which depends on what the first step
 * was like. Throws UserError instead where the data have changed since they were checked and are the reason.
 */
export function divergence(finding: Finding, setting: Setting) {
  const { what, value, position, before, params, best, runFolder, first: origin } = finding;
  const { model, data, config, backend, examples } = setting;
  checkDataset("train", data, needsOf(model), { again: true });
  const { epoch, batch } = position;
  const first = firstStep(model, config.seed, backend, examples);
  const done = position.step;
  const at = rateAt(setting, Math.max(0, done - 1));
  const found = value === undefined ? `${what} is no longer finite` : `${what} is ${value}`;
  const between = done === 0 ? "before the first step" : `after epoch ${epoch - 1}`;
  const where = batch === 0 ? between : `in epoch ${epoch} at step ${batch}`;
  const advice = adviceFor(first, { what, setting, at, before, largest: largestOf(params), done });
  const kept = best ? `; the parameters of epoch ${best.epoch} are kept${runFolder ? ` in ${runFolder}` : ""}` : "";
  const began = origin ? `. Where it began: ${origin.text}` : "";
  const details = { epoch, step: batch, what, best, runFolder, first: origin };
  return new Diverged(`train: ${found} ${where}${advice}${kept}${began}`, details);
}

interface Evidence {
  readonly what: string;
  readonly setting: Setting;
  /** The learning rate. */
  readonly at: number;
  readonly before: number | undefined;
  /** The largest finite parameter. */
  readonly largest: number;
  readonly done: number;
}

const SLOWER = "try a rate ten times lower, or clip: { norm: 1 }";

/** What follows "is no longer finite": the reason as far as it shows, and what to change. */
function adviceFor(first: FirstStep, { what, setting, at, before, largest, done }: Evidence): string {
  const { config, model } = setting;
  if (first.broken)
    return `: in the first step, before any update, the first that isn't finite is ${first.broken.what}; ${first.broken.cure}`;
  if (what.includes("that the estimator of")) return ": look at how the estimator updates what it keeps";
  const { weightDecay, optimizer } = config;
  const shrinks = weightDecay && (weightDecay.kind === "decoupled" || optimizer.name !== "adam");
  if (shrinks && weightDecay.rate * at >= 1)
    return `: the weight decay ${weightDecay.rate} times the learning rate ${at} must be below 1, it is ${short(weightDecay.rate * at)}; choose a smaller weightDecay.rate`;
  const guessing = model.head.guess;
  // Gates and decisions within cells, which are no layers of units, are observed.
  const estimates = model.unitLayers.length > 0 || model.observations.length > 0;
  if (guessing !== undefined && first.loss > MUCH * guessing)
    return `: the first step's loss is ${short(first.loss)} already, where guessing has ${short(guessing)}; choose a smaller gain, which makes the first weights smaller`;
  if (first.gradient > STEEP)
    return `: the first step's gradient of ${first.layer} is ${short(first.gradient)} already; ${estimates ? "look at the options of the estimators, such as a temperature near 0" : `${SLOWER}, and scale inputs and targets to a mean of 0 and a variance of 1`}`;
  if (before !== undefined && before < MUCH * (guessing ?? first.loss) && largest < GROWN && done > 2)
    return `: the loss was ${short(before)} just before, so that it came at once; ${estimates ? "look for an estimator whose output or gradient isn't finite, then try a rate ten times lower" : SLOWER}`;
  return `, with a learning rate of ${at}: ${SLOWER}`;
}

/** The largest absolute value among the finite ones. */
function largestOf(params: Tree<NdArray>): number {
  let largest = 0;
  for (const { value } of leaves(params))
    for (const x of value.data) if (Number.isFinite(x) && Math.abs(x) > largest) largest = Math.abs(x);
  return largest;
}

/** The learning rate of the step after `done` steps. It is a float32: six digits are what it holds for sure. */
const rateAt = ({ rate }: Setting, done: number): number =>
  short(evaluate([rate(constant(done, "int32"))])[0]!.item(), 6);

const short = (value: number, digits = 3): number => Number(value.toPrecision(digits));
