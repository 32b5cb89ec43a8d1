import type { RunStage } from "../runs/follow.ts";

/** What the server tells of each run that it finds. */
export interface RunSummary {
  /** Its path, as it follows from the one on the command line. */
  readonly name: string;
  readonly stage: RunStage;
  /** Epochs that are done, and those of the whole training where the config says so. */
  readonly epoch: number;
  readonly epochs: number | undefined;
  /** The scores of the last validation, by readout and metric. */
  readonly valid: unknown;
}

/** What is sent of a run that the page asks for: as a whole, whenever it is another one. */
export interface RunDetails {
  readonly name: string;
  readonly stage: RunStage;
  readonly config: unknown;
  readonly result: unknown;
}

/** Lines of a run's metrics.jsonl. */
export interface RunLines {
  readonly name: string;
  /** The number of lines before them. */
  readonly from: number;
  /** What each line says; null for one that is damaged. */
  readonly metrics: readonly unknown[];
}

/** Runs that a list holds: those that run now, and of the others those that changed last. */
export const MOST_LISTED = 200;

/** The runs that are there: those that the list holds and those that the page asks for, in the order of names. */
export interface RunList {
  readonly runs: readonly RunSummary[];
  /** How many there are in all. */
  readonly of: number;
}

/** Where a sweep stands: a process works on it, it was stopped, or all of its trials have ended. */
export type SweepStage = "running" | "stopped" | "done";

/** What changes while trials run. */
export interface SweepState {
  /** The path of its folder, as it follows from the one on the command line. */
  readonly name: string;
  readonly stage: SweepStage;
  /** Trials whose run folder a process of this machine works in. */
  readonly running: number;
}

/** A trial, and its run folder where it has one. */
export interface SweepTrial {
  readonly trial: number;
  readonly run: string | undefined;
}

/** Trials that pictures hold. */
export const MOST_DRAWN = 1000;

export interface SweepOption {
  readonly name: string;
  readonly isLog: boolean;
  readonly values: readonly number[];
  /** Its values, where they are words. */
  readonly words?: readonly string[];
}

/** What a sweep's trials come to. It is about as large for a million trials as for a thousand. */
export interface SweepSummary {
  readonly name: string;
  readonly question: string;
  /** Why it can't be read; all else is empty then. */
  readonly problem: string | undefined;
  /** Trials of the whole sweep, those that have come to something, and those of them that failed. */
  readonly trials: number;
  readonly ended: number;
  readonly failed: number;
  /** Who came how far, where some are stopped early; empty elsewhere. */
  readonly rungs: string;
  /** What is compared, such as "error", its unit, and which is better. */
  readonly metric: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** Whether points are compared, by the means over their seeds: rows of the table are points then. */
  readonly isAveraged: boolean;
  /** Epochs of each rung where some trials are stopped early; empty elsewhere. */
  readonly epochs: readonly number[];
  /** The options and the value in words of the best trial or point; undefined before there is one. */
  readonly best: { readonly options: string; readonly value: string } | undefined;
  /** A row for each of the ten best, and its cells; of a point, the trial is that of its first seed. */
  readonly head: readonly string[];
  readonly table: readonly (SweepTrial & { readonly cells: readonly string[] })[];
  /** The first five that failed by different errors, and how many more failed by the same. */
  readonly failures: readonly (SweepTrial & {
    readonly options: string;
    readonly error: string;
    readonly more: number;
  })[];
  /** The best value so far where it becomes another one, and the last trial that came as far; empty where points are compared. */
  readonly curve: readonly (readonly [trial: number, value: number])[];
  /** Trials with a value: evenly chosen where there are more than `MOST_DRAWN`, and always the ten best. */
  readonly drawn: readonly (SweepTrial & { readonly value: number; readonly rung: number })[];
  /** How many there are in all. */
  readonly scored: number;
  /** The options, with the value of each drawn trial: a number, or the place of a word among the words. */
  readonly options: readonly SweepOption[];
}

/** The sweeps that are there, and the summaries that are new to the page. */
export interface SweepNews {
  readonly sweeps: readonly SweepState[];
  /** How many there are in all. */
  readonly of: number;
  readonly changed: readonly SweepSummary[];
}

/** The events by their names. `beat` says only that the connection lives. */
export interface WatchEvents {
  readonly runs: RunList;
  readonly sweeps: SweepNews;
  readonly run: RunDetails;
  readonly lines: RunLines;
  readonly beat: null;
}

/** watch.json: what is watched. A site without a server watches nothing. */
export interface Watched {
  readonly folders: readonly string[];
}

/** Milliseconds between two beats. */
export const BEAT = 10_000;
