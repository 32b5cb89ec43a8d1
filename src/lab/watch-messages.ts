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

/** The events by their names. `beat` says only that the connection lives. */
export interface WatchEvents {
  readonly runs: readonly RunSummary[];
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
