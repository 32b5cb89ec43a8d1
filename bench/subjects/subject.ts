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
  /** Processor seconds so far of a process of its own that lives on between its turns. */
  cpuSeconds?(): Promise<number>;
}

/** What is measured in the same rounds, and becomes one table. */
export interface Contest {
  workload: string;
  unit: string;
  better: "more" | "less";
  lanes: readonly Lane[];
  /** The setting that the others are compared with, on the same engine and threads. */
  base?: string;
}

/** A question about this library that the comparison of engines does not answer. */
export interface Subject {
  /** For the help: an example of its arguments, and what it measures. */
  example: string;
  about: string;
  /** The options that make sense, and their usual values. */
  usual: Partial<Pick<SubjectOptions, "threads" | "backends" | "seconds" | "peers" | "sizes">>;
  /** Sets each contest up, and clears it away when the next is asked for. Throws UserError for a size that isn't one. */
  contests(options: SubjectOptions, say: (line: string) => void): AsyncGenerator<Contest>;
}
