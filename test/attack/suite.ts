/** What a suite is given. */
export interface Attack {
  /** How many cases to run, numbered from 0. */
  readonly cases: number;
  /** Case i of a seed is the same in every run. */
  readonly seed: number;
  /** An empty folder of its own: nothing is written outside of it. */
  readonly folder: string;
  /** The package as an application would have it: `dist/`, `bin/` and the native add-on. */
  readonly pack: string;
  /** Called now and then with the number of cases that are done. */
  readonly onProgress: (done: number) => void;
}

/** A case that did not end as it must. */
export interface Fault {
  readonly case: number;
  readonly what: string;
}

/** Inputs, or faults of the machine, of one kind, and what must hold after each. */
export interface Suite {
  readonly title: string;
  /** Cases in `.ci/run`, and with --full. */
  readonly cases: number;
  readonly full: number;
  run(attack: Attack): Promise<readonly Fault[]>;
}
