import type { Figure } from "../../measure/statistics/figure.ts";
import { meanInterval } from "../../measure/statistics/student.ts";
import { errorOfRate } from "../cost/matched-width.ts";
import { type Arm, arms, type WidePlan } from "./plan.ts";
import type { TimingRecord, TrainingRecord, WideRecord } from "./study.ts";

/** The two arms on one data set. Errors are in per cent, seeds in order. */
export interface Comparison {
  readonly data: string;
  readonly test: Readonly<Record<Arm, readonly number[]>>;
  readonly valid: Readonly<Record<Arm, readonly number[]>>;
  readonly rate: Readonly<Record<Arm, number>>;
  readonly mean: Readonly<Record<Arm, number>>;
  /** Gated minus dense, over the seeds. */
  readonly difference: Figure;
  /** The standard error of one test error: what examples as many as these can tell. */
  readonly standardError: number;
  /** Whether the gated net errs at most one such standard error more. */
  readonly equal: boolean;
}

export interface WideResults {
  readonly plan: WidePlan;
  readonly comparisons: readonly Comparison[];
  readonly times: readonly Omit<TimingRecord, "kind">[];
}

/** What the records of a whole study say. `testSize`: examples of each test set. */
export function resultsOf(records: readonly WideRecord[], plan: WidePlan, testSize: number): WideResults {
  const runs = records.filter((record): record is TrainingRecord => record.kind === "run");
  const comparisons = plan.data.map((data): Comparison => {
    const of = (arm: Arm): TrainingRecord[] =>
      runs.filter((run) => run.data === data && run.arm === arm).sort((a, b) => a.seed - b.seed);
    const by = <T>(f: (runs: readonly TrainingRecord[]) => T): Record<Arm, T> =>
      Object.fromEntries(arms.map((arm) => [arm, f(of(arm))])) as Record<Arm, T>;
    const test = by((found) => found.map((run) => run.test!));
    const mean = by((found) => found.reduce((sum, run) => sum + run.test! / found.length, 0));
    const difference = meanInterval(test.gated.map((error, seed) => error - test.dense[seed]!));
    const standardError = errorOfRate(mean.dense, testSize);
    return {
      ...{ data, test, valid: by((found) => found.map((run) => run.valid)), rate: by((found) => found[0]!.rate) },
      ...{ mean, difference, standardError, equal: mean.gated - mean.dense <= standardError },
    };
  });
  const times = records
    .flatMap((record) => (record.kind === "times" ? [record] : []))
    .map(({ kind: _, ...rest }) => rest);
  return { plan, comparisons, times };
}
