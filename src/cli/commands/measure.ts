import { startBackend } from "../../backends/select.ts";
import { datasetFor, flagName, modelFor, type RunConfig } from "../../config/index.ts";
import { inMemory } from "../../data/index.ts";
import { modelTitle } from "../../describe/architecture.ts";
import { clock, count, jsonLine, wrap } from "../../describe/format.ts";
import { type EstimatorConfig, estimatorFamily } from "../../estimators/index.ts";
import { checkMemory } from "../../graph/size.ts";
import { type Backend, estimatorFor, UserError } from "../../index.ts";
import {
  type Choice,
  candidatesFor,
  choose,
  type MeasureOptions,
  measureProblem,
  networkProblem,
  noLayer,
  type Problem,
  parseBudget,
  toyProblem,
  trainingBatches,
} from "../../measure/index.ts";
import { namedStages, tutorialStages, withEstimator } from "../../models/convolutional.ts";
import type { StageConfig } from "../../models/stage-options.ts";
import { resolveSpec } from "../../options/index.ts";
import { numberOrText, parseSpecs } from "../../options/text.ts";
import { checkTrainingRoom } from "../../train/room.ts";
import { configFrom } from "../config.ts";
import type { ConfigFlags } from "../flags.ts";
import { type Kept, measurementFolder, type Point } from "../measured.ts";
import { choiceText, footnotes, measurementTable } from "../measurement.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { trajectory } from "../trajectory.ts";

export interface MeasureFlags extends ConfigFlags {
  readonly estimators?: string;
  readonly layer?: string;
  readonly at?: string;
  readonly toy?: string;
  readonly units?: string;
  readonly logit?: string;
  readonly replicates?: string;
  readonly accuracy?: string;
  readonly seconds?: string;
  readonly warmup?: string;
  readonly choose?: string;
  readonly wide?: boolean;
  readonly json?: boolean;
}

/** Of 20 groups of estimates, for each unit of a toy. */
const TOY_BYTES = 20 * 8;
/** Exit code of a choice that was abstained from. */
const ABSTAINED = 3;
/** Hidden units where neither a flag nor a file says how many: few enough to enumerate. */
const UNITS = "12";

/** Measures every estimator asked for on one layer of a network (or a toy), at one or several steps of its training. */
export async function measureCommand(given: MeasureFlags, terminal: Terminal): Promise<number> {
  const at = stepsOf(given);
  checkUsed(given, at);
  const flags = sized(given);
  const budget = flags.choose === undefined ? undefined : parseBudget(flags.choose, "measure: --choose");
  const toy = toyOf(flags);
  // The units of a toy, and of no cell.
  const job = await configFrom("measure", { ...flags, units: undefined, out: false });
  const options = optionsOf(flags, job);
  const layer = layerOf(flags, job);
  const own = layersOf(job)[layer]!;
  const classes = toy ? undefined : estimatorFor(own.estimator).unit.classes;
  if (toy) checkMemory("measure: the estimates of the toy's units", TOY_BYTES * toy.units, "take fewer --units");
  // A mistake is said before anything is read.
  candidatesFor(options.estimators, toy?.units ?? own.units, classes);
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  const { machine, ...decides } = job;
  const { threads, precision } = machine;
  const settings = { ...(toy ?? { job: decides, layer, at }), options: { ...options, seed: job.training.seed } };
  const kept = await measurementFolder(typeof flags.out === "string" ? flags.out : undefined, settings);
  const on = await startBackend(machine.backend, {
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
  }).catch(async (error) => {
    await kept.close();
    throw error;
  });
  try {
    const points = await interruptible(
      terminal,
      () => progress.line("stopping; Ctrl-C again ends at once"),
      (signal) =>
        toy
          ? measureToy(toy, { options: { ...options, backend: on, signal }, kept, progress })
          : measureNetwork(job, { layer, at, options: { ...options, backend: on, signal }, kept, progress, on }),
    );
    progress.clear();
    const choices = budget ? points.map((point) => choose(point.rows, budget)) : undefined;
    await kept.finish(points, choices, on);
    const { bold } = styleFor(stream, terminal.env);
    stream.write(`${textOf(points, choices, { bold, columns: roomFor(stream, flags.wide) })}\n`);
    if (kept.path !== undefined) stream.write(`figures and plots: ${kept.path} (results.json, measure.html)\n`);
    if (flags.json) terminal.out.write(`${jsonLine(resultOf(points, choices))}\n`);
    return choices?.some(({ chosen }) => chosen === undefined) ? ABSTAINED : 0;
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    progress.clear();
    terminal.err.write(
      `heaviside: stopped; ${kept.path === undefined ? "nothing was written" : `what is done is in ${kept.path}, the same command resumes it`}\n`,
    );
    return STOPPED;
  } finally {
    await on.close();
    await kept.close();
  }
}

interface Run {
  readonly options: MeasureOptions;
  readonly kept: Kept;
  readonly progress: ProgressLine;
}

async function measureAt(at: number, problem: Problem, { options, kept, progress }: Run): Promise<Point> {
  const rows = [...kept.rows(at)];
  let started: { time: number; replicates: number } | undefined;
  const measurement = await measureProblem(problem, {
    ...options,
    known: rows,
    onProgress: ({ stage, estimator, done, of, replicates }) => {
      const when = at > 0 ? [`after ${count(at)} steps`] : [];
      if (stage === "timing") return progress.update(`timing steps, round ${done}/${of}`, ...when);
      if (stage === "truth") return progress.update("the true gradient", ...when, `${count(replicates)} estimates`);
      if (stage === "warming up") return progress.update(`warming up ${estimator}, step ${done}/${of}`, ...when);
      started ??= { time: performance.now(), replicates };
      const seconds = (performance.now() - started.time) / 1000;
      progress.update(
        `${done + 1}/${of} ${estimator}`,
        ...when,
        ...(done > 0 ? [`about ${clock((seconds / done) * (of - done))} left`] : []),
        `${count(replicates)} estimates`,
        ...(seconds > 0 ? [`${count((replicates - started.replicates) / seconds)}/s`] : []),
      );
    },
    async onRow(row) {
      rows.push(row);
      await kept.keep(at, rows);
    },
  });
  return { at, ...measurement };
}

async function measureToy(toy: ToyFlags, run: Run): Promise<Point[]> {
  return [await measureAt(0, toyProblem(toy), run)];
}

async function measureNetwork(
  job: RunConfig,
  { layer, at, on, ...run }: Run & { layer: number; at: readonly number[]; on: Backend },
): Promise<Point[]> {
  const { progress } = run;
  progress.update(`reading ${job.data.name}`);
  const given = await datasetFor(job);
  const model = modelFor(job, given);
  const data = await inMemory(given, { seed: job.training.seed });
  checkTrainingRoom(job.training, model, data);
  const { name, instructionSet, threads } = on.info();
  const own = estimatorFor(layersOf(job)[layer]!.estimator).card.name;
  const heading = `${modelTitle(model)}, hidden layer ${layer + 1}, ${data.name}, batch ${job.training.batch}${at.some((step) => step > 0) ? `, trained with ${own}` : ""}; ${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`;
  progress.line(wrap(heading, progress.columns));
  const points: Point[] = [];
  const { batch: batchSize, seed } = job.training;
  const last = at.at(-1)!;
  const moments = trajectory(model, data, job, {
    at,
    backend: on,
    async onStep(step) {
      progress.update(`training step ${count(step)}/${count(last)}`);
      if (step % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
      run.options.signal?.throwIfAborted();
    },
  });
  for await (const { step, params, states } of moments) {
    const batch = trainingBatches(model, data, { size: batchSize, seed, from: step });
    const problem = networkProblem({ model, params, states, layer, batch, seed, backend: on });
    points.push(await measureAt(step, problem, run));
  }
  return points;
}

/** A number that a flag says. Throws UserError where it isn't one, or breaks the rule. */
function numberFlag(name: string, text: string, rule: string, keeps: (value: number) => boolean): number {
  const value = numberOrText(text);
  if (typeof value !== "number" || !keeps(value))
    throw new UserError(`measure: --${name} must be ${rule}, received ${text}`);
  return value;
}

const whole =
  (from: number) =>
  (value: number): boolean =>
    Number.isSafeInteger(value) && value >= from;
const positive = (value: number): boolean => value > 0;

function optionsOf(
  { estimators, replicates, accuracy, seconds, warmup }: MeasureFlags,
  { training: { seed } }: RunConfig,
) {
  return {
    seed,
    ...(estimators !== undefined && {
      estimators: parseSpecs(estimators, estimatorFamily).map((spec) =>
        resolveSpec("measure: --estimators", estimatorFamily, spec),
      ),
    }),
    ...(replicates !== undefined && {
      replicates: numberFlag("replicates", replicates, "a whole number from 40", whole(40)),
    }),
    ...(accuracy !== undefined && { precision: numberFlag("accuracy", accuracy, "a number above 0", positive) }),
    ...(seconds !== undefined && { seconds: numberFlag("seconds", seconds, "a number above 0", positive) }),
    ...(warmup !== undefined && { warmup: numberFlag("warmup", warmup, "a whole number from 0", whole(0)) }),
  };
}

function stepsOf({ at = "0" }: MeasureFlags): number[] {
  const steps = at
    .split(",")
    .map((text) => numberFlag("at", text, "whole numbers of steps from 0, as in 0,100,1000", whole(0)));
  return [...new Set(steps)].sort((a, b) => a - b);
}

/** The layers of units that can be measured: the hidden ones, then the gates. */
function layersOf({ model }: RunConfig): { readonly units: number; readonly estimator: EstimatorConfig }[] {
  if (model.name === "mlp") return [...(model.hidden ?? [])];
  if (model.name === "gated-mlp")
    return [
      ...(model.trunk ?? []),
      ...(model.gated ?? []).map(({ blocks, gate }) => ({ units: blocks, estimator: gate })),
    ];
  if (model.name === "autoencoder")
    return Array.from({ length: model.layers ?? 1 }, () => ({
      units: model.latents ?? 0,
      estimator: model.estimator ?? "disarm",
    }));
  return unitsOf(stagesOf(model));
}

/** The stages of a model that is a list of them, with the estimators that they get. */
function stagesOf(model: RunConfig["model"]): readonly StageConfig[] {
  const trained = (stages: readonly StageConfig[], estimator: EstimatorConfig = "straight-through-slope") =>
    withEstimator(stages, estimator) as readonly StageConfig[];
  switch (model.name) {
    case "network":
      return model.stages;
    case "conv":
      return trained(model.stages ?? tutorialStages, model.estimator);
    case "lenet":
      return trained(namedStages.lenet(model), model.estimator);
    case "vgg":
      return trained(namedStages.vgg(model), model.estimator);
    case "resnet":
      return trained(namedStages.resnet(model), model.estimator);
    default:
      return [];
  }
}

/** Stages whose units decide once for an example, in the order of the network; only the data say how many units stand on images. */
const unitsOf = (stages: readonly StageConfig[]): { readonly units: number; readonly estimator: EstimatorConfig }[] =>
  stages.flatMap((stage) => {
    if ("blocks" in stage) return [{ units: stage.blocks, estimator: stage.gate }];
    const gate = stage.kind === "residual" && stage.gate !== undefined ? [{ units: 1, estimator: stage.gate }] : [];
    const inside = stage.kind === "residual" ? [...gate, ...unitsOf(stage.stages)] : [];
    if (!("estimator" in stage) || stage.estimator === undefined) return inside;
    return [...inside, { units: ("units" in stage && stage.units) || 0, estimator: stage.estimator }];
  });

/** The kinds of a model's stages. */
function kindsOf({ model }: RunConfig): { readonly kind: string }[] {
  if (model.name === "network") return [...model.stages];
  return model.name === "recurrent" ? [{ kind: "recurrent" }] : [];
}

/** The flags with few enough units to enumerate, where neither they nor a file say how many. */
function sized(given: MeasureFlags): MeasureFlags {
  if (given.config !== undefined) return given;
  if (given.model === "gated-mlp") return given.blocks === undefined ? { ...given, blocks: UNITS } : given;
  if (given.model === "autoencoder") return given.latents === undefined ? { ...given, latents: UNITS } : given;
  if (given.model !== undefined && given.model !== "mlp") return given;
  return given.hidden === undefined ? { ...given, hidden: UNITS } : given;
}

function layerOf({ layer = "1" }: MeasureFlags, job: RunConfig): number {
  const layers = layersOf(job).length;
  if (layers === 0) throw new UserError(noLayer(`the model ${job.model.name}`, kindsOf(job)));
  const rule = layers === 1 ? "1, the network has one hidden layer" : `a whole number from 1 to ${layers}`;
  return numberFlag("layer", layer, rule, (value) => whole(1)(value) && value <= layers) - 1;
}

/** What a measurement without a network has a use for. */
const ofToys: readonly string[] =
  "toy units logit estimators accuracy seconds replicates warmup choose seed backend threads precision out wide json".split(
    " ",
  );
/** What only a training has a use for. */
const ofTraining: readonly string[] =
  "epochs optimizer rate momentum schedule weightDecay maxNorm maxNormEvery clip inputDropout weightNoise".split(" ");
/** What only the end of a training has a use for. */
const ofScores: readonly string[] = ["patience", "samples", "test"];

/** Throws UserError for a flag that would change nothing. */
function checkUsed(given: MeasureFlags, at: readonly number[]): void {
  const first = (unused: (flag: string) => boolean): string | undefined => {
    const found = Object.entries(given).find(([flag, value]) => value !== undefined && unused(flag));
    return found && flagName(found[0]);
  };
  const toys = given.toy === undefined ? undefined : first((flag) => flag !== "at" && !ofToys.includes(flag));
  if (toys) throw new UserError(`measure: ${toys} belongs to a network: give one of --toy and ${toys}`);
  const scores = first((flag) => ofScores.includes(flag));
  if (scores)
    throw new UserError(
      `measure: ${scores} belongs to the scores of a whole training, and nothing is measured by them`,
    );
  const training = at.at(-1) === 0 ? first((flag) => ofTraining.includes(flag)) : undefined;
  if (training)
    throw new UserError(`measure: ${training} belongs to a training: give --at, the steps to train, with it`);
}

interface ToyFlags {
  readonly target: number;
  readonly units: number;
  readonly logit: number;
}

function toyOf({ toy, units, logit, at, model }: MeasureFlags): ToyFlags | undefined {
  if (toy === undefined) {
    // Units of a recurrent model's cell: what is said about that model is that it can't be measured.
    if ((units !== undefined && model !== "recurrent") || logit !== undefined)
      throw new UserError("measure: --units and --logit belong to --toy; the size of a network is --hidden");
    return undefined;
  }
  if (at !== undefined) throw new UserError("measure: a toy isn't trained: give one of --toy and --at");
  return {
    target: numberFlag("toy", toy, "a number", Number.isFinite),
    units: numberFlag("units", units ?? "1", "a whole number from 1", whole(1)),
    logit: numberFlag("logit", logit ?? "0", "a number", Number.isFinite),
  };
}

function textOf(
  points: readonly Point[],
  choices: readonly Choice[] | undefined,
  { bold, columns }: { readonly bold: (text: string) => string; readonly columns: number },
): string {
  return points
    .flatMap((point, i) => [
      ...(points.length > 1 ? [bold(`after ${count(point.at)} steps`)] : []),
      wrap(
        `${point.problem.name}: ${point.problem.examples} ${point.problem.examples === 1 ? "example" : "examples"}, ${point.problem.units} ${point.problem.units === 1 ? "unit" : "units"}`,
        columns,
      ),
      "",
      measurementTable(point.rows, { bold, columns }),
      "",
      ...(i === points.length - 1 ? footnotes(point).map((note) => wrap(note, columns)) : []),
      ...(choices ? ["", ...choiceText(choices[i]!).map((line) => wrap(line, columns))] : []),
      ...(i === points.length - 1 ? [] : [""]),
    ])
    .join("\n");
}

/** What --json prints: everything but the jackknife's own numbers. */
const resultOf = (points: readonly Point[], choices: readonly Choice[] | undefined) => ({
  points: points.map(({ rows, ...point }) => ({ ...point, rows: rows.map(({ jackknife: _, ...row }) => row) })),
  ...(choices && { choices }),
});
