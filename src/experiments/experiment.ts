import type { Backend } from "../backends/backend.ts";
import type { BackendName } from "../backends/select.ts";
import type { TrainingData } from "../data/index.ts";
import type { Model } from "../models/model.ts";
import type { Trained, TrainOptions } from "../train/index.ts";
import type { Options, Values } from "./engine/options.ts";
import type { Style } from "./engine/screen.ts";
import type { Parallel, Task } from "./engine/tasks.ts";

/**
 * A comparison as one object: what is asked, which options it takes, the tasks that answer it, and how the answer is shown. Everything
 * between, such as records, resuming and progress, is the engine's.
 *
 * O: its options. S: its settings. D: what it reads before the first task. R: what a task leaves, as JSON. T: its results.
 */
export interface Experiment<
  O extends Options = Options,
  S = unknown,
  D = unknown,
  R extends object = object,
  T = unknown,
> {
  /** Its name in the command line and its folder below runs/. */
  readonly name: string;
  /** How it is typed, where that isn't `experiment NAME`. */
  readonly command?: string;
  readonly title: string;
  readonly question: string;
  /** About how long all of it takes, such as "3 minutes on two cores". */
  readonly duration: string;
  readonly options: O;
  /** Threads of its backend unless others are asked for; as many as there are processors where this is absent. */
  readonly threads?: number;
  /** Whether its folder is one that later runs add to, or each run has a folder with a number. */
  readonly folders: "one" | "numbered";
  /** What the options come to. Throws UserError. */
  settings(given: Values<O> & MachineValues): S;
  /** The settings that a task's record depends on, as JSON: a folder with other ones is refused. */
  identity(settings: S): object;
  /**
   * The name of a folder below that of --out, where these settings are a part of a whole that several machines run. Such a part waits for
   * the lock of a machine that died.
   */
  part?(settings: S): string | undefined;
  /** Throws UserError where a server that it needs isn't there: before anything is made. */
  reach?(settings: S): Promise<void>;
  /** Whether a study that was begun with one identity may be resumed with another: its records stay what they are, and new ones are added. */
  extends?(before: object, now: object): boolean;
  /** What a record of these settings has to be, in words, where it isn't: a folder with such a record is refused. */
  misfit?(settings: S): (id: string, record: object) => string | undefined;
  /** Reads what all tasks need; `path` is the study's folder. Throws UserError where it isn't as it must be. */
  prepare(settings: S, path: string): Promise<D>;
  /** What is compared on what, a few words each, for the first line; the engine adds the backend. */
  heading(study: Study<S, D, R>): readonly string[];
  /** A picture of what is compared on, for a terminal of `columns` columns: shown before the first task. */
  opening?(study: Study<S, D, R>, columns: number): string | undefined;
  /** Something to know before it starts. */
  note?(settings: S): string | undefined;
  /** All tasks in order; those whose record is known aren't run. Or what does them in a way of its own. */
  tasks(study: Study<S, D, R>): readonly Task<R>[] | Parallel<R>;
  /** How fast it goes, in words, where its tasks don't say. */
  pace?(workPerSecond: number): string;
  /** A few words about a record that is new. */
  said?(record: R, style: Style): string | undefined;
  /** What the records of all tasks say. */
  results(records: readonly R[], study: Study<S, D, R>): T | Promise<T>;
  /** The same of the tasks that have ended, where that can be shown: for a study that was stopped. At least one task has ended. */
  partial?(study: Study<S, D, R>): Promise<T>;
  /** What makes results a failure, in words: they are shown, and the exit code is 1. */
  failure?(results: T): string | undefined;
  /** The results as JSON, for results.json. */
  json(results: T): object;
  /** The results for a terminal of `columns` columns; with Infinity, tables have all of theirs. */
  text(results: T, style: Style, columns: number): string;
  /** The results as tables in Markdown, for results.md. */
  markdown?(results: T): string;
  /** The figures as comma-separated values, for results.csv. */
  csv?(results: T): string;
  /** The tables as LaTeX, for results.tex. */
  latex?(results: T): string;
  /** The figure alone, for figure.svg. */
  svg?(results: T): Promise<string>;
  /** The results as a page, for report.html. `made`: names and values, how it was made. */
  page(results: T, made: readonly (readonly [string, string])[]): Promise<string>;
  /** What report.html shows that the text doesn't. */
  readonly pictures: string;
  /** What to try next, with the command: paragraphs that are shown last. */
  next?(results: T): readonly string[];
}

/** What every experiment is given about where it runs; of use only to those that write it down. */
export interface MachineValues {
  readonly backend: BackendName;
  readonly threads: number | undefined;
}

/** One run of an experiment, as its parts see it. */
export interface Study<S, D, R> {
  readonly settings: S;
  /** What was prepared. */
  readonly data: D;
  /** Where its tasks run. */
  readonly backend: Backend;
  /** Aborted when the study is to stop: a task then rejects with the signal's reason, or with Interrupted or Stopped. */
  readonly signal: AbortSignal;
  /** The records so far, by task. */
  readonly done: ReadonlyMap<string, R>;
  /** Shows lines that stay, while a task runs. */
  say(text: string): void;
  /** Starts another backend with as many threads; the caller closes it. */
  start(name: BackendName): Promise<Backend>;
  /**
   * Trains with checkpoints in a folder of this name below the study's, where result.json is left, too. Resumes what was stopped there; a
   * training that is done gives its result again.
   */
  train<M extends string>(
    name: string,
    model: Model<M>,
    data: TrainingData,
    options: StudyTraining,
  ): Promise<Trained<M>>;
  /** The path of something below the study's folder. */
  folderOf(name: string): string;
  /** Where something of this name keeps what it must find again, below the study's folder. */
  store(name: string): Store;
}

/** How a study trains: the options of `train`, but for what the study decides. */
export type StudyTraining = Omit<TrainOptions, "backend" | "signal" | "runFolder" | "resume" | "onWarning">;

/** A place for one file of arrays. */
export interface Store {
  /** For errors. */
  readonly name: string;
  /** What was saved last, undefined before the first. */
  load(): Promise<Uint8Array | undefined>;
  save(bytes: Uint8Array): Promise<void>;
}

/** The same experiment, with the types of its parts taken from it. */
export const defineExperiment = <O extends Options, S, D, R extends object, T>(
  experiment: Experiment<O, S, D, R, T>,
): Experiment<O, S, D, R, T> => experiment;
