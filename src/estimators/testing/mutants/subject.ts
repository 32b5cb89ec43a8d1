/** file (below src/), what is replaced, by what. `own` where only the file's own tests, with their known answers, can see it. */
export type Row = readonly [from: string, to: string, own?: "own"];

export interface Subject {
  readonly file: string;
  /** The rows of the table whose laws are run. */
  readonly names: readonly string[];
  /** The test file of the laws; that of the binary estimators when left out. */
  readonly laws?: string;
  /** The test file with known answers. */
  readonly tests?: string;
  readonly mutants: readonly Row[];
}
