import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Backend } from "../../backends/backend.ts";
import { type BackendName, startBackend } from "../../backends/select.ts";
import { datasetFor, modelFor, type RunConfig, written } from "../../config/index.ts";
import type { TrainingData } from "../../data/index.ts";
import { UserError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import type { Head } from "../../models/head.ts";
import type { Readout } from "../../models/model.ts";
import { checkChoice, show } from "../../rules.ts";
import { checkpointIn, FileError, files, InUse, readText } from "../../runs/index.ts";
import { type EpochMetrics, Interrupted, train } from "../../train/index.ts";
import { sourcesOf } from "../own/sources.ts";
import { thrownBy } from "../own/thrown.ts";
import { type SweepPlan, type Trial, trainingOf, type Work } from "./plan.ts";

/** A trial to run, as it is sent to a process: JSON. */
export interface Assignment {
  readonly trial: Trial;
  readonly work: Work;
  /** The folder of its checkpoints; a training that was stopped there goes on. */
  readonly folder: string;
  /** Epochs that it is to reach; undefined: all. */
  readonly until: number | undefined;
  readonly metric: string | undefined;
  readonly machine: Machine;
}

/** What a trial came to, as JSON. */
export type Outcome = Scored | Failed;

/** What a trial came to in a process: an outcome, or nothing yet. */
export type Ended = Outcome | Lost;

/** The trial wasn't finished; another process may resume it. */
export interface Lost {
  readonly state: "lost";
  readonly error: string;
  /** Whether another process works in the trial's folder. */
  readonly inUse?: boolean;
}

export interface Scored {
  readonly state: "done" | "paused";
  /** What trials are compared by. */
  readonly value: number;
  readonly better: "lower" | "higher";
  /** The score's name among those of a network, such as "nll". */
  readonly by: string;
  /** What it is called, such as "NLL", and its unit. */
  readonly metric: string;
  readonly unit: string;
  /** Of a training: epochs trained, the selected one, and scores on the test set once all are trained. */
  readonly epochs?: number;
  readonly selectedEpoch?: number;
  readonly test?: { readonly [metric: string]: number };
  readonly seconds: number;
}

/** A trial that can't be done: doing it again would fail again. */
export interface Failed {
  readonly state: "failed";
  readonly error: string;
  /** Whether this machine lacks what it needs: its data or a backend. */
  readonly lacking?: boolean;
  /** Whether the fault is the machine's, such as a full disk, and says nothing about the trial. */
  readonly ofMachine?: boolean;
}

/** An outcome whose value can be compared. */
const comparable = (scored: Scored): Outcome =>
  Number.isFinite(scored.value) ? scored : { state: "failed", error: notFinite(scored.metric, scored.value) };

/** What is wrong with a score that is no number to compare. */
export const notFinite = (metric: string, value: number): string => `${metric} must be a finite number, is ${value}`;

/** Where trials run. */
export interface Machine {
  readonly backend: BackendName;
  readonly threads: number;
}

/** How far a trial is, from 0 to 1, and its epoch. */
export type OnShare = (share: number) => void;

/** Milliseconds for which a trial's folder is waited for that another process works in, and between two looks at it. */
const [WAIT_MS, LOOK_MS] = [30_000, 500];

/** Runs trials one after the other, with one backend, and data that are read once. */
export class Executor {
  #backend: Promise<Backend> | undefined;
  readonly #data = new Map<string, Promise<TrainingData>>();
  /** Errors of reading data or of starting a backend. */
  readonly #lacking = new Set<unknown>();
  readonly #wait: number;

  /** @param wait milliseconds for which a folder in use is waited for */
  constructor(wait = WAIT_MS) {
    this.#wait = wait;
  }

  /**
   * What a trial comes to. A mistake of the user's, or a training that diverged, is an outcome, too; a folder that another process works in is
   * waited for, and lost where that takes long. Rejects with Interrupted after the signal was aborted, and with what else is thrown.
   */
  async run(assignment: Assignment, signal: AbortSignal, onShare: OnShare): Promise<Ended> {
    const { work } = assignment;
    for (const begun = performance.now(); ; ) {
      try {
        return comparable(
          work.kind === "train"
            ? await this.#train(assignment, work.base, signal, onShare)
            : await evaluate(assignment, work),
        );
      } catch (error) {
        if (signal.aborted) throw error;
        if (!(error instanceof InUse)) return this.#failed(error);
        if (performance.now() - begun > this.#wait) return { state: "lost", error: error.message, inUse: true };
        await later(LOOK_MS, undefined, { signal });
      }
    }
  }

  #failed(error: unknown): Failed {
    const lacking = this.#lacking.has(error);
    if (isFaultOfMachine(error, lacking)) return { state: "failed", error: (error as Error).message, ofMachine: true };
    if (!(error instanceof UserError)) throw error;
    return { state: "failed", error: error.message, ...(lacking && { lacking: true }) };
  }

  async end(): Promise<void> {
    await (await this.#backend)?.close();
  }

  async #train(
    { trial, folder, until, metric, machine: { backend, threads } }: Assignment,
    base: Trial["point"],
    signal: AbortSignal,
    onShare: OnShare,
  ): Promise<Scored> {
    const own = trainingOf(base, trial.point, trial.name);
    const config: RunConfig = { ...own, training: { ...own.training, seed: trial.seed } };
    const data = await this.#dataOf(config);
    const model = modelFor(config, data);
    const by = scoreOf(model.head, metric);
    const { epochs = Number.POSITIVE_INFINITY } = config.training;
    const resume = await checkpointIn(folder);
    if (until !== undefined && until < epochs && resume) {
      const before = await historyIn(folder);
      if ((before.at(-1)?.epoch ?? 0) >= until) return { ...bestOf(before, by, until), state: "paused" };
    }
    this.#backend ??= this.#needed(startBackend(backend, { threads }));
    const pause = new AbortController();
    try {
      const { history, test } = await train(model, data, {
        ...{ ...config.training, config: written(config), checkpointSeconds: 30 },
        ...{ backend: await this.#backend, runFolder: folder, resume, onWarning: () => {} },
        signal: AbortSignal.any([signal, pause.signal]),
        onProgress: ({ epoch, epochs, step, steps }) => onShare((epoch - 1 + step / steps) / epochs),
        onEpoch({ epoch }) {
          if (until !== undefined && epoch >= until && epoch < epochs) pause.abort();
        },
      });
      return { ...bestOf(history, by, epochs), state: "done", test: test[by.readout] };
    } catch (error) {
      if (!(error instanceof Interrupted) || !pause.signal.aborted || signal.aborted) throw error;
      return { ...bestOf(await historyIn(folder), by, until!), state: "paused" };
    }
  }

  async #needed<T>(what: Promise<T>): Promise<T> {
    try {
      return await what;
    } catch (error) {
      this.#lacking.add(error);
      throw error;
    }
  }

  #dataOf(config: RunConfig): Promise<TrainingData> {
    const key = JSON.stringify(config.data);
    if (!this.#data.has(key)) this.#data.set(key, this.#needed(datasetFor(config)));
    return this.#data.get(key)!;
  }
}

/** What no trial is at fault for, whoever meets it. */
const exhausted: readonly (string | undefined)[] = ["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "ENOMEM", "EIO"];

/**
 * Whether an error is the machine's and would meet any other trial as well: a system that has run out of something, or that refuses a file which
 * trials write. Data that can't be read may be those of one trial.
 */
export function isFaultOfMachine(error: unknown, isOfData: boolean): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return exhausted.includes(code) || (error instanceof FileError && !isOfData);
}

/** What trials are compared by. */
interface Score extends Pick<Scored, "better" | "metric" | "unit"> {
  readonly name: string;
  readonly readout: Readout;
}

function scoreOf({ metrics, select }: Head, metric: string | undefined): Score {
  const name = metric ?? select.metric;
  checkChoice("sweep: metric", name, metrics.map((one) => one.name)); // biome-ignore format: one line
  const { better, title, unit } = metrics.find((one) => one.name === name)!;
  return { name, readout: select.readout, better, metric: title ?? name, unit };
}

/**
 * Throws UserError where a trial's data aren't there, or where no trial can have the metric: said before the first trial. Other mistakes are the
 * trial's own. @param isHere whether the trial runs on this machine
 */
export async function checkTrial({ work, metric }: SweepPlan, trial: Trial, isHere: boolean): Promise<void> {
  if (work.kind !== "train") return;
  const config = trainingOf(work.base, trial.point, trial.name);
  const data = await datasetFor(config).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    if (isHere) throw new UserError(`sweep: trial ${trial.number} can't run here: ${error.message}`);
  });
  const head = data && headOf(config, data);
  if (head) scoreOf(head, metric);
}

function headOf(config: RunConfig, data: TrainingData): Head | undefined {
  try {
    return modelFor(config, data).head;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

/** What is read of a validation. */
export type Validation = Pick<EpochMetrics<string>, "epoch" | "valid" | "seconds">;

/** The validations that a run folder knows, first to last. A line that a crash has cut off is none. */
export async function historyIn(folder: string): Promise<readonly Validation[]> {
  const path = join(folder, files.metrics);
  const text = (await readText(path)) ?? "";
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line, i) => parseJson(line, path, i + 1) as Validation);
}

/** The best validation of the first epochs, whatever came after them. */
function bestOf(history: readonly Validation[], by: Score, epochs: number): Omit<Scored, "state"> {
  const { name, readout, better, metric, unit } = by;
  const within = history.filter(({ epoch }) => epoch <= epochs);
  const value = ({ valid }: Validation): number => valid[readout][name]!;
  const best = within.reduce((a, b) => ((better === "lower" ? value(b) < value(a) : value(b) > value(a)) ? b : a));
  const last = within.at(-1)!;
  return {
    ...{ value: value(best), by: name, better, metric, unit },
    ...{ epochs: last.epoch, selectedEpoch: best.epoch, seconds: last.seconds },
  };
}

/** Calls the function of a file: (point, seed) → a number, lower is better. */
async function evaluate({ trial: { point, values = point, seed } }: Assignment, work: Objective): Promise<Scored> {
  const path = work.url.startsWith("file:") ? fileURLToPath(work.url) : work.url;
  const own = <T>(run: () => Promise<T>): Promise<T> =>
    run().catch((error: unknown) => {
      throw isFaultOfMachine(error, true) ? error : thrownIn(path, error);
    });
  const module: { readonly default?: { readonly objective?: unknown } } = await own(() => import(work.url));
  await checkUnchanged(path, work);
  const objective = module.default?.objective;
  if (typeof objective !== "function") throw new UserError(`sweep: ${path} has no function objective any more`);
  const begun = performance.now();
  const value: unknown = await own(async () => objective(values, seed));
  if (typeof value !== "number") throw new UserError(`sweep: objective must give a number, gave ${show(value)}`);
  return {
    state: "done",
    value,
    by: "value",
    better: "lower",
    metric: "value",
    unit: "",
    seconds: (performance.now() - begun) / 1000,
  };
}

/** What a user's file threw, with its place, and the calls that led there in further lines. */
function thrownIn(path: string, thrown: unknown): UserError {
  if (thrown instanceof UserError) return new UserError(thrown.message);
  const [, ...calls] = thrown instanceof Error ? String(thrown.stack).split(/\n(?= +at )/) : [];
  return new UserError([thrownBy(path, thrown), ...calls].join("\n"));
}

type Objective = Extract<Work, { readonly kind: "objective" }>;

/** Files that were as the sweep's plan has them when this process loaded them. */
const unchanged = new Set<string>();

/** Throws FileError where a function is no longer the one that the sweep was begun with: numbers of both would be mixed. */
async function checkUnchanged(path: string, { url, files, counts }: Objective): Promise<void> {
  if (!files || unchanged.has(url)) return;
  const now = await sourcesOf(path, counts);
  const names = [...new Set([...Object.keys(files), ...Object.keys(now)])];
  const changed = names.find((name) => files[name] !== now[name]);
  if (changed !== undefined)
    throw new FileError(`${changed} was changed since the sweep began: restore it, or give another folder with --out`);
  unchanged.add(url);
}
