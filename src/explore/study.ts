import type { Backend } from "../backends/backend.ts";
import { startBackend } from "../backends/select.ts";
import type { StopSignal } from "../errors.ts";
import { type Baselines, crossValidate } from "./cross-validate.ts";
import { describeTable, type Exploration } from "./explore.ts";
import { explorationPage } from "./page.ts";
import { readTable } from "./read.ts";
import { sampleOf } from "./sample.ts";
import type { Table } from "./table.ts";
import { baselinesText, explorationText, type Setting } from "./text.ts";

/** How a table is explored. */
export interface ExploreOptions {
  /** The column to predict, for leaks and simple models. */
  readonly target?: string | undefined;
  /** Whether the target is numbers or classes (default: classes where it holds text). */
  readonly as?: "values" | "classes" | undefined;
  /** Columns that are not read. */
  readonly omit?: readonly string[] | undefined;
  /** A file to test on: its rows are looked for among those of the first. */
  readonly test?: string | undefined;
  /** Rows that simple models and pictures are made of at most (default: 5000). */
  readonly sample?: number | undefined;
  /** Parts of the rows to cross-validate simple models with (default: 5). */
  readonly folds?: number | undefined;
}

/** Who watches: each may throw to stop. */
export interface Watch {
  readonly signal: StopSignal;
  /** Told how many bytes of a file are read, of how many. */
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
  /** Told before each fit of a simple model. */
  readonly onFit?: ((name: string, done: number, total: number) => void) | undefined;
  /** Told what is known before simple models are fitted. */
  readonly onDescribed?: ((text: (setting: Setting) => string) => void) | undefined;
}

/** What was found in a table, and how it is shown. */
export interface Study {
  readonly exploration: Exploration;
  readonly baselines?: Baselines;
  /** Both for a terminal. */
  text(setting: Setting): string;
  /** The page with pictures, in one file. */
  page(): Promise<string>;
}

/** Rows that a page draws. */
const DRAWN = 5000;

/** Explores a table, or the one in a file. Throws UserError for what can't be read or predicted, and rejects with the signal's reason when it is aborted. */
export async function studyTable(file: string | Table, options: ExploreOptions, watch: Watch): Promise<Study> {
  const { target: name, as, omit, test, sample, folds } = options;
  const { onBytes, onFit, onDescribed, signal } = watch;
  const table = typeof file === "string" ? await readTable(file, { omit, onBytes }) : file;
  const tested = test === undefined ? undefined : await readTable(test, { onBytes });
  const { exploration, features, target } = describeTable(table, { target: name, as, test: tested });
  const described = (setting: Setting): string => explorationText(exploration, setting);
  onDescribed?.(described);
  const baselines =
    target && (await withBackend((backend) => crossValidate(features, target, { sample, folds, backend, signal, onFit }))); // biome-ignore format: one line
  return {
    exploration,
    ...(baselines && { baselines }),
    text: (setting) => described(setting) + (baselines ? `\n\n${baselinesText(baselines, setting)}` : ""),
    page: () => explorationPage({ table, exploration, features, target, baselines, rows: sampleOf(table.rows, sample ?? DRAWN) }), // biome-ignore format: one line
  };
}

async function withBackend<Result>(use: (backend: Backend) => Promise<Result>): Promise<Result> {
  const backend = await startBackend();
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}
