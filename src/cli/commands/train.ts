import { existsSync } from "node:fs";
import { join } from "node:path";
import { startBackend } from "../../backends/select.ts";
import { type Backend, type Dataset, type EstimatorConfig, type Model, UserError } from "../../index.ts";
import { files, writeAtomically } from "../../runs/index.ts";
import {
  type EpochMetrics,
  type GatesScore,
  Interrupted,
  type Progress,
  resolveTraining,
  type Trained,
  train,
} from "../../train/index.ts";
import { configFrom, readConfig } from "../config.ts";
import { type Books, costText } from "../cost-text.ts";
import type { ConfigFlags } from "../flags.ts";
import { overlay } from "../flags.ts";
import { clock, count, jsonLine, nats, percent, wrap } from "../format.ts";
import { writePictures } from "../pictures.ts";
import { architecture, datasetFor, modelFor } from "../prepare.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { runBooks } from "../run-books.ts";
import { type Job, resolveJob } from "../schema.ts";
import { interruptible, styleFor, type Terminal } from "../terminal.ts";

export interface TrainFlags extends ConfigFlags {
  readonly resume?: string | true;
  readonly json?: boolean;
  readonly printConfig?: boolean;
}

/** Trains one network and leaves a run folder. */
export async function trainCommand(flags: TrainFlags, terminal: Terminal): Promise<number> {
  const resume = resumed(flags);
  const job = resume === undefined ? await configFrom(flags) : await continued(resume, flags);
  if (flags.printConfig) {
    terminal.out.write(`${JSON.stringify(job, null, 2)}\n`);
    return 0;
  }
  const stream = flags.json ? terminal.err : terminal.out;
  const progress = progressLine(stream, terminal.env);
  progress.update(`reading ${job.data}`);
  const data = await datasetFor(job);
  const model = modelFor(job, data);
  const folder = resume ?? (job.out === null ? undefined : (job.out ?? freshFolder(job)));
  const { threads, precision } = job;
  const on = await startBackend(job.backend, {
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
  });
  try {
    progress.line(wrap(heading(model, data, on), stream.columns));
    const { result, books } = await interruptible(
      terminal,
      () => progress.line("stopping after this step; Ctrl-C again ends at once"),
      (signal) => run(job, { model, data, on, folder, resume: resume !== undefined, progress, signal }),
    );
    progress.clear();
    if (folder !== undefined) await writePictures(folder, { job, model, data, result, on });
    stream.write(`${summary(result, folder)}\n`);
    if (books) {
      const more = folder === undefined ? "" : `\nmore of it: npx heaviside cost ${quoted(folder)}`;
      stream.write(`\n${costText(books, styleFor(stream, terminal.env).bold)}${more}\n`);
    }
    if (flags.json) terminal.out.write(`${jsonLine(books ? { ...result.toJSON(), cost: books } : result)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.clear();
    const next =
      error.runFolder === undefined
        ? "nothing was written"
        : `go on with\n  npx heaviside train --resume ${quoted(error.runFolder)}`;
    terminal.err.write(`heaviside: stopped in epoch ${error.epoch} after step ${error.step}; ${next}\n`);
    return 130;
  } finally {
    await on.close();
  }
}

interface Setting {
  readonly model: Model;
  readonly data: Dataset;
  readonly on: Backend;
  readonly folder: string | undefined;
  readonly resume: boolean;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

async function run(
  job: Job,
  { model, data, on, folder, resume, progress, signal }: Setting,
): Promise<{ result: Trained; books: Books | undefined }> {
  const {
    data: _,
    dataDir,
    limit,
    model: __,
    hidden,
    gated,
    trainingSamples,
    backend: ___,
    threads,
    precision,
    out,
    ...training
  } = job;
  const result = await train(model, data, {
    ...training,
    backend: on,
    runFolder: folder,
    resume,
    // Without `out`: the file says what was trained, and can be trained again elsewhere.
    config: { ...job, out: undefined },
    signal,
    onProgress: (at) => progress.update(...progressParts(at)),
    onEpoch: (epoch) =>
      progress.line(
        [
          `epoch ${String(epoch.epoch).padStart(String(job.epochs).length)}/${job.epochs}`,
          `training NLL ${nats(epoch.train.nll)}`,
          `validation error ${percent(epoch.valid.deterministic.error)}`,
          ...(epoch.valid.stochastic === epoch.valid.deterministic
            ? []
            : [`(sampling ${percent(epoch.valid.stochastic.error)})`]),
          ...openGates(epoch.valid),
          `${count(epoch.examplesPerSecond)} examples/s`,
          clock(epoch.seconds),
        ].join("  "),
      ),
  });
  if (folder !== undefined) await writeAtomically(join(folder, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
  progress.update("keeping the books");
  return { result, books: await runBooks(model, data, result, resolveTraining(training), on) };
}

/** Where a training stands, the most important first: what doesn't fit in a narrow terminal is left out. */
export const progressParts = (at: Progress): string[] => [
  `epoch ${at.epoch}/${at.epochs}`,
  `step ${at.step}/${at.steps}`,
  `${clock(at.secondsLeft)} left`,
  `loss ${nats(at.loss)}`,
  `${count(at.examplesPerSecond)} examples/s`,
];

function heading(model: Model, data: Dataset, on: Backend): string {
  const { name, instructionSet, threads } = on.info();
  const names = model.layers.flatMap(({ estimator }) => estimator?.card.name ?? []);
  const units = new Set(names).size === 1 ? names[0] : names.join(", ");
  return [
    `${model.name} ${architecture(model)}${units === undefined ? "" : `, ${units}`}`,
    `${data.name}, ${count(data.train.size)} training examples`,
    `${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
  ].join("; ");
}

function summary(result: Trained, folder: string | undefined): string {
  const { train: t, valid, test } = result;
  const same = test.stochastic.nll === test.deterministic.nll;
  const row = (name: string, { nll, error }: { nll: number; error: number }) =>
    `  ${name.padEnd(28)}NLL ${nats(nll).padStart(8)}   error ${percent(error).padStart(7)}`;
  return [
    `epoch ${result.selectedEpoch} of ${result.epochs} has the lowest validation error:`,
    row("training", t),
    row("validation", valid),
    row(same ? "test" : "test, deterministic readout", test.deterministic),
    ...(same ? [] : [row("test, sampling", test.stochastic)]),
    ...(test.deterministic.gates ?? []).flatMap((gates, i) => gateRows(gates, test.stochastic.gates![i]!)),
    `${count(result.parameters)} parameters, ${count(result.examplesPerSecond)} examples/s, ${clock(result.seconds)}`,
    ...(folder === undefined ? [] : [`run folder: ${folder} (see report.html in it)`]),
  ].join("\n");
}

/** The share of open gates of each layer, with the noise off and on. */
const openGates = ({ deterministic, stochastic }: EpochMetrics["valid"]): string[] =>
  (deterministic.gates ?? []).map(
    ({ open }, i) => `gates open ${percent(100 * open)} (sampling ${percent(100 * stochastic.gates![i]!.open)})`,
  );

function gateRows(off: GatesScore, on: GatesScore): string[] {
  const row = (name: string, { open, dead = 0 }: GatesScore): string =>
    `  ${name.padEnd(28)}${percent(100 * open).padStart(12)}   ${count(dead)} ${dead === 1 ? "opens" : "open"} for no test example`;
  return [row("gates open, noise off", off), row("gates open, noise on", on)];
}

const quoted = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/** runs/mnist-400-straight-through-seed1, or the first of -2, -3 … that is free. */
function freshFolder({ data, hidden, gated = [], seed }: Job): string {
  const nameOf = (estimator: EstimatorConfig): string => (typeof estimator === "string" ? estimator : estimator.name);
  const layers = [
    ...hidden.map(({ units, estimator }) => `${units}-${nameOf(estimator)}`),
    ...gated.map(({ blocks, width = 1, gate }) => `gated-${blocks}${width > 1 ? `x${width}` : ""}-${nameOf(gate)}`),
  ];
  const name = join("runs", [data, ...layers, `seed${seed}`].join("-"));
  for (let i = 1; ; i++) {
    const path = i === 1 ? name : `${name}-${i}`;
    if (!existsSync(path)) return path;
  }
}

function resumed({ resume, out, config }: TrainFlags): string | undefined {
  if (resume === undefined) return undefined;
  if (config !== undefined) throw new UserError("train: a resumed run has a config of its own, received --config too");
  const folder = resume === true ? out : resume;
  if (typeof folder !== "string")
    throw new UserError("train: --resume needs the folder of a run, as in --resume runs/first");
  return folder;
}

/** The config of a run folder with flags over it: those that would change the numbers are refused by the training. */
async function continued(folder: string, { resume: _, out: __, ...flags }: TrainFlags): Promise<Job> {
  const path = join(folder, files.config);
  return resolveJob(overlay(await readConfig(path), flags), path);
}
