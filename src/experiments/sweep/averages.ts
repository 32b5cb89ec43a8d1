import { mean, variance } from "../../statistics/sample.ts";
import { nameOf } from "../own/file.ts";
import type { SweepPlan } from "./plan.ts";
import type { TrialRecord } from "./scheduling.ts";
import type { Scored } from "./trial.ts";

export type ScoredRecord = TrialRecord & Scored;

/** A point of the space, and what its seeds come to together. */
export interface RankedPoint {
  /** From 0: that of its first trial. */
  readonly number: number;
  /** "rate 0.1, estimator disarm". */
  readonly name: string;
  readonly point: TrialRecord["point"];
  /** Its trials with a score, at least one, in the order of their seeds. */
  readonly trials: readonly ScoredRecord[];
  /** The mean of their values. */
  readonly mean: number;
  /** The sample standard deviation of their values; NaN of one seed. */
  readonly deviation: number;
}

/** The points of trials with a score: those with most seeds first, and of these the best mean. */
export function averagedOf({ points }: Pick<SweepPlan, "points">, scored: readonly ScoredRecord[]): RankedPoint[] {
  const sign = scored[0]?.better === "higher" ? -1 : 1;
  const byPoint = new Map<number, ScoredRecord[]>();
  for (const record of scored.toSorted((a, b) => a.trial - b.trial)) {
    const own = byPoint.get(record.trial % points);
    if (own) own.push(record);
    else byPoint.set(record.trial % points, [record]);
  }
  return [...byPoint]
    .map(([number, trials]): RankedPoint => {
      const values = trials.map(({ value }) => value);
      const { point } = trials[0]!;
      const deviation = Math.sqrt(variance(values));
      return { number, name: nameOf(point), point, trials, mean: mean(values), deviation };
    })
    .sort((a, b) => b.trials.length - a.trials.length || sign * (a.mean - b.mean) || a.number - b.number);
}

/** The standard error of the difference of two means (Welch 1947); NaN where one of them is of a single seed. */
export const errorOfDifference = (a: RankedPoint, b: RankedPoint): number =>
  Math.hypot(a.deviation / Math.sqrt(a.trials.length), b.deviation / Math.sqrt(b.trials.length));

/** The mean of a score on the test set; undefined where a trial has none. */
export function meanTest({ trials }: RankedPoint): number | undefined {
  const values = trials.flatMap(({ test, by }) => test?.[by] ?? []);
  return values.length === trials.length ? mean(values) : undefined;
}
