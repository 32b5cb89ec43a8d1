import type { Backend } from "../backends/backend.ts";
import { foldsOf, MOST_FOLDS } from "../data/draw.ts";
import { type StopSignal, UserError } from "../errors.ts";
import { checkNumber } from "../rules.ts";
import type { Figure } from "../statistics/figure.ts";
import { meanInterval } from "../statistics/student.ts";
import { baselines } from "./baselines/index.ts";
import { encode, standardised } from "./encode.ts";
import { type Feature, rowsOfFeature } from "./features.ts";
import { sampleOf } from "./sample.ts";

/** The error of a baseline over folds. */
export interface BaselineResult {
  readonly name: string;
  readonly summary: string;
  /** Its mean over folds, and a 95 % interval of Student's t. Folds share rows of training: it is narrower than it should be. */
  readonly error: Figure;
  /** Of each fold. */
  readonly folds: readonly number[];
}

/** What simple models reach. */
export interface Baselines {
  readonly results: readonly BaselineResult[];
  /** "%": of wrong classes; "": RMSE in the unit of the target. */
  readonly unit: "%" | "";
  /** Rows that were used, drawn at random, of those that have a target. */
  readonly rows: number;
  readonly of: number;
  readonly folds: number;
  /** Columns of numbers that the inputs became. */
  readonly width: number;
}

/** How baselines are compared. */
export interface CrossValidation {
  /** Parts that the rows are divided into (default: 5). */
  readonly folds?: number | undefined;
  /** Rows that are used at most (default: 5000). */
  readonly sample?: number | undefined;
  readonly backend: Backend;
  readonly signal: StopSignal;
  /** Told before each fit. */
  readonly onFit?: ((name: string, done: number, total: number) => void) | undefined;
}

/** Cross-validates the baselines. Throws UserError where there are fewer rows than folds, and rejects with the signal's reason when it is aborted. */
export async function crossValidate(
  features: readonly Feature[],
  aim: Feature,
  { folds = 5, sample = 5000, backend, signal, onFit }: CrossValidation,
): Promise<Baselines> {
  checkNumber("explore: folds", folds, { whole: true, atLeast: 2, atMost: MOST_FOLDS });
  checkNumber("explore: sample", sample, { whole: true, atLeast: 10 });
  const all =
    aim.kind === "classes" ? Float64Array.from(aim.codes, (code) => (code < 0 ? Number.NaN : code)) : aim.values;
  const known = Int32Array.from(all.keys()).filter((row) => !Number.isNaN(all[row]));
  if (known.length < 2 * folds)
    throw new UserError(
      `explore: ${folds} folds need at least ${2 * folds} rows with a target, received ${known.length}`,
    );
  const rows = sampleOf(known.length, sample).map((place) => known[place]!);
  const target = Float64Array.from(rows, (row) => all[row]!);
  const inputs = features.filter(({ name }) => name !== aim.name);
  const encoded = encode(
    inputs.map((feature) => rowsOfFeature(feature, rows)),
    rows.length,
  );
  const fold = foldsOf(target, folds, { classes: aim.kind === "classes" });
  const used = encoded.width > 0 ? baselines : baselines.slice(0, 1);
  const errors = used.map((): number[] => []);
  const classes = aim.kind === "classes" ? aim.names.length : 0;
  for (let at = 0; at < folds; at++) {
    const places = Int32Array.from(fold.keys());
    const [train, test] = [places.filter((row) => fold[row] !== at), places.filter((row) => fold[row] === at)];
    const problem = { x: standardised(encoded, train), width: encoded.width, target, classes, train };
    for (const [i, baseline] of used.entries()) {
      onFit?.(baseline.names[classes > 0 ? "classes" : "values"], at * used.length + i, folds * used.length);
      // A turn of the event loop: Ctrl-C is heard.
      await new Promise((done) => setTimeout(done));
      signal.throwIfAborted();
      errors[i]!.push(await baseline.error(problem, test, { backend, signal }));
    }
  }
  const results = used.map(({ names, summary }, i) => ({
    ...{ name: names[classes > 0 ? "classes" : "values"], summary },
    ...{ error: meanInterval(errors[i]!), folds: errors[i]! },
  }));
  return { results, unit: classes > 0 ? "%" : "", rows: rows.length, of: known.length, folds, width: encoded.width };
}
