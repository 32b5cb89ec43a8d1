import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import {
  datasetFor,
  layerNames,
  modelFor,
  overlay,
  type RunConfig,
  resolveConfig,
  written,
} from "../../config/index.ts";
import { type Cost, costOf, skips } from "../../cost/after-training.ts";
import { inMemory, type TrainingData } from "../../data/index.ts";
import { modelTitle } from "../../describe/architecture.ts";
import { clock, count, jsonLine, nats, percent, wrap } from "../../describe/format.ts";
import { gateLayersOf } from "../../describe/index.ts";
import { metricText, titled } from "../../describe/metrics.ts";
import { shellWord } from "../../describe/shell.ts";
import { type Backend, type Model, UserError } from "../../index.ts";
import { type Metric, titleOf } from "../../models/head.ts";
import type { FiringName } from "../../models/stages/recurrent/controls.ts";
import { certaintyOf, certaintyText } from "../../report/certainty.ts";
import { tensorBoard } from "../../report/index.ts";
import { checkpointIn, FileError, files, newFolder } from "../../runs/index.ts";
import { backendOf, lastRanOn } from "../../train/begin.ts";
import {
  type EpochMetrics,
  type FiringScore,
  Interrupted,
  type Progress,
  type Score,
  type Scores,
  type Trained,
  type TrainingConfig,
  train,
} from "../../train/index.ts";
import { lengthOf } from "../../train/length.ts";
import { checkTrainingRoom } from "../../train/room.ts";
import { weightNoiseInWords } from "../../train/weight-noise/words.ts";
import { configFrom, readConfig } from "../config.ts";
import { costText } from "../cost-text.ts";
import { type ConfigFlags, commandText } from "../flags.ts";
import { closedGatesWarning, gateRows, openGates } from "../gates-text.ts";
import { writePictures } from "../pictures.ts";
import { loading, type ProgressLine, packed, progressLine } from "../progress.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";
import { weightNoiseBriefly, weightNoiseText } from "../weight-noise-text.ts";
import { foldsCommand, foldsOf } from "./folds.ts";

export interface TrainFlags extends ConfigFlags {
  readonly resume?: string | true;
  readonly json?: boolean;
  readonly printConfig?: boolean;
}

/** Trains one network and leaves a run folder. */
export async function trainCommand(flags: TrainFlags, terminal: Terminal): Promise<number> {
  const resume = resumed(flags);
  const job = resume === undefined ? await configFrom("train", flags) : await continued(resume, flags);
  if (job.machine.tensorboard && job.machine.out === null)
    throw new UserError("train: --tensorboard writes into the run folder, received --no-out too");
  if (flags.printConfig) {
    terminal.out.write(`${JSON.stringify(job, null, 2)}\n`);
    return 0;
  }
  if (foldsOf(job) !== undefined) return foldsCommand(job, flags, terminal);
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  progress.update(`reading ${job.data.name}`);
  const data = await datasetFor(job, loading(progress));
  for (const warning of data.warnings ?? []) progress.line(wrap(`warning: ${warning}`, stream.columns));
  const model = modelFor(job, data);
  checkTrainingRoom(job.training, model, data);
  const { backend: on, end } = await backendOf(job.machine, resume === undefined ? undefined : await lastRanOn(resume));
  let folder = resume ?? job.machine.out ?? undefined;
  let made: string | undefined;
  try {
    progress.line(wrap(heading(model, data, on, job.training), stream.columns));
    if (folder === undefined && job.machine.out !== null) folder = made = await freshFolder(job);
    const { result, cost } = await interruptible(
      terminal,
      () => progress.line("stopping after this step; Ctrl-C again ends at once"),
      (signal) => run(job, { model, data, on, folder, resume: resume !== undefined, progress, signal }),
    );
    progress.clear();
    if (folder !== undefined)
      await writePictures(folder, { job, model, data: await inMemory(data, { seed: job.training.seed }), result, on });
    stream.write(`${summary(model, result, job.training, { folder, columns: progress.columns, data })}\n`);
    if (cost) {
      const more = folder === undefined ? "" : `\nmore of it: npx heaviside cost ${shellWord(folder)}`;
      stream.write(
        `\n${costText(cost, model, { ...styleFor(stream, terminal.env), columns: roomFor(stream, false) })}${more}\n`,
      );
    }
    if (flags.json) terminal.out.write(`${jsonLine(cost ? { ...result.toJSON(), cost } : result)}\n`);
    return 0;
  } catch (error) {
    // A folder that was made for a training which didn't begin is empty, and goes; no other does.
    if (made !== undefined) await rmdir(made).catch(() => {});
    if (error instanceof FileError && folder !== undefined) throw await withResume(error, folder, flags);
    if (!(error instanceof Interrupted)) throw error;
    progress.clear();
    const next =
      error.runFolder === undefined ? "nothing was written" : `resume with\n  ${resumeCommand(error.runFolder, flags)}`;
    terminal.err.write(`heaviside: stopped in epoch ${error.epoch} after step ${error.step}; ${next}\n`);
    return STOPPED;
  } finally {
    await end();
  }
}

interface Setting {
  readonly model: Model;
  readonly data: TrainingData;
  readonly on: Backend;
  readonly folder: string | undefined;
  readonly resume: boolean;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

async function run(
  job: RunConfig,
  { model, data, on, folder, resume, progress, signal }: Setting,
): Promise<{ result: Trained<string>; cost: Cost | undefined }> {
  const { training } = job;
  const { epoch: inEpoch = 1, total = 1 } = lengthOf(data, training);
  const epochs = Math.ceil(total / inEpoch);
  const { metrics, select } = model.head;
  const chosen = metrics.find(({ name }) => name === select.metric)!;
  const loss = metrics.find(({ isLoss }) => isLoss);
  const isShown = thinned(epochs);
  const gates = gateLayersOf(model);
  const result = await train(model, data, {
    ...training,
    backend: on,
    runFolder: folder,
    resume,
    config: written(job),
    signal,
    debugNan: job.machine.debugNan,
    ...(folder !== undefined && job.machine.tensorboard && { log: tensorBoard(folder) }),
    onWarning: ({ message }) => progress.line(`warning: ${message}`),
    onProgress: (at) => progress.update(...progressParts(at)),
    onEpoch: (epoch) =>
      isShown(epoch) &&
      progress.line(
        packed(
          [
            `epoch ${String(epoch.epoch).padStart(String(epochs).length)}/${epochs}`,
            ...(loss ? [`training ${titled(loss, epoch.train[loss.name])}`] : []),
            `validation ${titled(chosen, epoch.valid[select.readout][chosen.name])}${sampling(chosen, epoch.valid)}`,
            ...openGates(epoch.valid, gates),
            ...rates(epoch.valid),
            ...(epoch.weightNoise ? [weightNoiseBriefly(epoch.weightNoise)] : []),
          ],
          [clock(epoch.seconds), `${count(epoch.examplesPerSecond)} examples/s`],
          progress.columns,
        ),
      ),
  });
  progress.update("measuring the cost");
  // The training is done: whoever stops now goes without what is only told of it.
  const cost = skips(model)
    ? await costOf(model, await inMemory(data, { seed: training.seed }), result, training, on, signal).catch(
        (error) => {
          if (!signal.aborted) throw error;
          return undefined;
        },
      )
    : undefined;
  return { result, cost };
}

/** Epochs of which each has a line, however fast it is. */
const FEW = 40;

/** Which of many epochs have a line: every tenth part of them, and those that are at least half a second after the one before. */
export function thinned(epochs: number): (epoch: Pick<EpochMetrics<string>, "epoch" | "seconds">) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return ({ epoch, seconds }) => {
    const isTenth = epoch === epochs || epoch % Math.ceil(epochs / 10) === 0;
    if (epochs > FEW && !isTenth && seconds < last + 0.5) return false;
    last = seconds;
    return true;
  };
}

/** What sampled units score, behind the score of their deterministic readout; nothing where both are one. */
const sampling = (metric: Metric, { stochastic, deterministic }: Scores<string>): string =>
  stochastic === deterministic ? "" : ` (sampling ${metricText(metric, stochastic[metric.name])})`;

/** Where a training stands, the most important first: what doesn't fit in a narrow terminal is omitted. */
export const progressParts = (at: Progress): string[] => [
  `epoch ${at.epoch}/${at.epochs}`,
  `step ${at.step}/${at.steps}`,
  `${clock(at.secondsLeft)} left`,
  `loss ${nats(at.loss)}`,
  `${count(at.examplesPerSecond)} examples/s`,
];

function heading(model: Model, data: TrainingData, on: Backend, { weightNoise }: TrainingConfig): string {
  const { name, instructionSet, threads } = on.info();
  const names = model.layers.flatMap(({ estimator }) => estimator?.card.name ?? []);
  const units = new Set(names).size === 1 ? names[0] : names.join(", ");
  return [
    `${modelTitle(model)}${names.length === 0 ? "" : `, ${units}`}`,
    `${data.name}, ${data.train.size === undefined ? "streamed" : count(data.train.size)} training examples`,
    ...(weightNoise ? [weightNoiseInWords(weightNoise)] : []),
    `${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
  ].join("; ");
}

function summary(
  model: Model,
  result: Trained<string>,
  { weightNoise }: TrainingConfig,
  {
    folder,
    columns,
    data,
  }: { readonly folder: string | undefined; readonly columns: number; readonly data: TrainingData },
): string {
  const { train: t, valid, test } = result;
  const { metrics, select } = model.head;
  const gates = gateLayersOf(model);
  const closed = closedGatesWarning(test, gates);
  const same = metrics.every(({ name }) => test.stochastic[name] === test.deterministic[name]);
  const row = (name: string, score: Score<string>) =>
    `  ${name.padEnd(28)}${metrics.map((metric) => titled(metric, score[metric.name], 8)).join("   ")}`;
  const chosen = metrics.find(({ name }) => name === select.metric)!;
  const certainty = certaintyOf(model, data, test.deterministic[chosen.name]!);
  return [
    `epoch ${result.selectedEpoch} of ${result.epochs} has the ${chosen.better === "lower" ? "lowest" : "highest"} validation ${titleOf(chosen)}:`,
    row("training", t),
    row("validation", valid),
    row(same ? "test" : "test, deterministic readout", test.deterministic),
    ...(same ? [] : [row("test, sampling", test.stochastic)]),
    ...(certainty ? [wrap(certaintyText(certainty), columns)] : []),
    ...firingRows(test),
    ...gateRows(test, gates),
    ...(closed === undefined ? [] : [wrap(closed, columns)]),
    ...(weightNoise ? [wrap(`trained with ${weightNoiseInWords(weightNoise)}; off in these scores`, columns)] : []),
    ...(result.weightNoise ? [weightNoiseText(result.weightNoise)] : []),
    `${count(result.parameters)} parameters, ${count(result.examplesPerSecond)} examples/s, ${clock(result.seconds)}`,
    ...(folder === undefined ? [] : [`run folder: ${folder} (see report.html in it)`]),
  ].join("\n");
}

/** What the decisions of recurrent stages are called: briefly, and in a row of the summary. */
const firingNames = {
  spikes: ["spikes", "spikes per unit and step"],
  stepsTaken: ["steps taken", "steps taken"],
  decisions: ["decisions", "decisions per unit and step"],
  outputs: ["mean decision", "mean decision"],
} as const;

/** How often units of recurrent stages fired, in the deterministic readout and sampled. */
const firings = ({ deterministic, stochastic }: Scores<string>) =>
  (Object.keys(firingNames) as FiringName[]).flatMap((name) =>
    (deterministic[name] ?? []).map((off, i) => {
      const on = stochastic[name]![i]!;
      return {
        name,
        off,
        on,
        differ: stochastic !== deterministic && (on.rate !== off.rate || on.silent !== off.silent),
      };
    }),
  );

const rates = (valid: EpochMetrics<string>["valid"]): string[] =>
  firings(valid).map(
    ({ name, off, on, differ }) =>
      `${firingNames[name][0]} ${percent(100 * off.rate)}${differ ? ` (sampling ${percent(100 * on.rate)})` : ""}`,
  );

const firingRows = (test: Scores<string>): string[] =>
  firings(test).flatMap(({ name, off, on, differ }) => {
    const row = (what: string, { rate, silent = 0 }: FiringScore): string =>
      `  ${what.padEnd(28)}${percent(100 * rate).padStart(12)}${name === "spikes" || name === "decisions" ? `   ${count(silent)} ${silent === 1 ? "unit is" : "units are"} silent on all test examples` : ""}`;
    return [row(firingNames[name][1], off), ...(differ ? [row("  sampling", on)] : [])];
  });

/** Makes runs/mnist-400-straight-through-seed1, or the first of -2, -3 … that is free. */
function freshFolder({ data, model, training: { seed } }: RunConfig): Promise<string> {
  const name = join("runs", [data.name, ...layerNames(model), `seed${seed}`].join("-"));
  return newFolder((i) => (i === 1 ? name : `${name}-${i}`));
}

function resumed({ resume, out, config }: TrainFlags): string | undefined {
  if (resume === undefined) return undefined;
  if (config !== undefined) throw new UserError("train: a resumed run has a config of its own, received --config too");
  if (out === false) throw new UserError("train: a resumed run goes on in its own folder, received --no-out too");
  if (resume !== true && out !== undefined)
    throw new UserError(
      `train: a resumed run goes on in its own folder, received --resume ${shellWord(resume)} and --out ${shellWord(out)}`,
    );
  const folder = resume === true ? out : resume;
  if (folder === undefined) throw new UserError("train: --resume needs the folder of a run, as in --resume runs/first");
  return folder;
}

/** The command that resumes a stopped training, with the flags that it was resumed with. */
function resumeCommand(folder: string, { resume, out: _, ...flags }: TrainFlags): string {
  const own = resume === undefined ? { json: flags.json } : flags;
  return commandText("train", { resume: folder, ...own });
}

/** An error of a file with what to do then, where there is a checkpoint to resume from. */
async function withResume(error: FileError, folder: string, flags: TrainFlags): Promise<FileError> {
  if (!(await checkpointIn(folder).catch(() => false))) return error;
  return new FileError(
    `${error.message}; the training is kept up to its last checkpoint: mend this, then resume with\n  ${resumeCommand(folder, flags)}`,
    error.code,
  );
}

/** The config of a run folder with flags over it: those that would change the numbers are refused by the training. */
async function continued(folder: string, { resume: _, out: __, ...flags }: TrainFlags): Promise<RunConfig> {
  const path = join(folder, files.config);
  return resolveConfig(overlay(await readConfig(path), flags), path);
}
