import { csvOf } from "../formats/csv.ts";
import { encodeParquet } from "../formats/parquet/encode.ts";
import type { Metric } from "../models/head.ts";
import type { Readout } from "../models/model.ts";
import type { ComparedGroup } from "./group.ts";
import { comparisonLatex } from "./latex.ts";
import type { ComparedPair } from "./pairs.ts";
import { sentencesOf } from "./sentences.ts";
import { columnsOf, type TableName } from "./table.ts";
import { comparisonText, type TextOptions } from "./text.ts";

/** What `compare` found. */
export interface Compared {
  /** The data set's name; of a table the file and its target. */
  readonly data: string;
  /** The metric that is tested and that orders the groups. */
  readonly metric: Metric;
  /** All metrics of the head. */
  readonly metrics: readonly Metric[];
  /** The split that the figures of groups and pairs are of. */
  readonly split: "test" | "valid";
  /** How units are read: "deterministic" or "stochastic". */
  readonly readout: Readout;
  /** The baseline first, where there is one, then the best mean first. */
  readonly groups: readonly ComparedGroup[];
  /** The name of the group that all others are compared with; absent where all pairs are compared. */
  readonly against?: string;
  readonly pairs: readonly ComparedPair[];
  /** What a reader must know of the runs, a line each. */
  readonly notes: readonly string[];
}

/** The same with ways to show it. */
export interface Comparison extends Compared {
  /** The tables for a terminal, 80 columns wide unless `columns` says more. */
  text(options?: TextOptions): string;
  /** The same as `text()`. */
  toString(): string;
  /**
   * A table for pandas and R. `runs` (the default) has a row for each run: group, what differs, seed, run, epochs, and each metric. `curves` has one for
   * each validation of each run, with the numbers of metrics.jsonl. Ends with a line feed. Throws UserError for `curves` of results without `history`.
   */
  toCsv(table?: TableName): string;
  /** The same table as a Parquet file, for DuckDB, pandas and Arrow. Throws as `toCsv` does. */
  toParquet(table?: TableName): Uint8Array;
  /** The tables as LaTeX, for the package booktabs. Ends with a line feed. */
  toLatex(): string;
  /** What may be written of each pair, a sentence or two each; of all pairs where no group is the baseline, those with the best group. */
  sentences(): string[];
  /** Everything as JSON. */
  toJSON(): object;
}

export function comparison(compared: Compared): Comparison {
  const text = (options?: TextOptions): string => comparisonText(compared, options);
  return {
    ...compared,
    text,
    toString: () => text(),
    toCsv: (table = "runs") => csvOf(columnsOf(compared, table)),
    toParquet: (table = "runs") => encodeParquet(columnsOf(compared, table)),
    toLatex: () => comparisonLatex(compared),
    sentences: () => sentencesOf(compared),
    toJSON: () => json(compared),
  };
}

function json({ metric, metrics, groups, ...rest }: Compared): object {
  return {
    ...rest,
    metric: metric.name,
    metrics: metrics.map(({ name, unit, better }) => ({ name, unit, better })),
    groups: groups.map(({ runs, ...group }) => ({ ...group, runs: runs.map(({ name }) => name) })),
  };
}
