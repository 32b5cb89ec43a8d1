import type { Row } from "../rows.ts";
import type { Taken } from "./turns.ts";

/** What every subject is asked for; one that doesn't take an option never sees another value than the usual. */
export interface SubjectOptions {
  sizes: readonly string[];
  threads: readonly number[];
  backends: readonly string[];
  peers: boolean;
  /** An interpreter that has PyTorch. */
  python?: string;
  /** Length of one measurement. */
  seconds: number;
  rounds: number;
  /** The kind of recurrent cell. */
  cell?: string;
  /** The numbers of the options that the subject alone has, those that were given. */
  lists?: Readonly<Record<string, readonly number[]>>;
}

/** One of those that take turns in every round. */
export interface Lane {
  engine: string;
  threads: number;
  /** What a reader of the figures must know: version, instruction set. */
  note: string;
  /** What sets it apart from other lanes of the same engine. */
  setting?: string;
  /** One measurement: a value, or several by the names of what was measured. */
  take(): Promise<number | Readonly<Record<string, number>>>;
  /** Processor seconds so far of a process of its own that lives on between its turns; on one lane of each process. */
  cpuSeconds?(): Promise<number>;
  /** FLOP of one run, where the unit is milliseconds. */
  flop?: number;
}

/** What is measured in the same rounds, and becomes one table. */
export interface Contest {
  workload: string;
  unit: string;
  better: "more" | "less";
  lanes: readonly Lane[];
  /** The setting that the others are compared with, on the same engine and threads. */
  base?: string;
  /** Further lanes that one is compared with. */
  rivals?(own: Taken, all: readonly Taken[]): readonly Taken[];
  /** What the rows of the results file hold of it, beside its name. */
  task?: Readonly<Record<string, number | string>>;
  /** The rows with what follows from all of them together. */
  complete?(rows: readonly Row[]): readonly Row[];
  /** What is printed in place of the usual table. */
  report?(rows: readonly Row[]): string;
}

/** Reads the numbers of an option; throws UserError where they are none, and begins with the option's name. */
export type ReadList = (option: string, text: string) => readonly number[];

/** A question about this library that the comparison of engines does not answer. */
export interface Subject {
  /** For the help: an example of its arguments, and what it measures. */
  example: string;
  about: string;
  /** What the columns of its table are (default: those of every table of turns). */
  columns?: readonly string[];
  /** The options that make sense, and their usual values. */
  usual: Partial<Pick<SubjectOptions, "threads" | "backends" | "seconds" | "peers" | "sizes" | "cell">>;
  /** Options that only this subject has, each a list of numbers. */
  lists?: Readonly<Record<string, ReadList>>;
  /** Sets each contest up, and clears it away when the next is asked for. Throws UserError for a size that isn't one. */
  contests(options: SubjectOptions, say: (line: string) => void): AsyncGenerator<Contest>;
}
