import type { Metric } from "../../models/head.ts";
import { intervalOf } from "../../report/certainty.ts";
import { type Figure, within } from "../../statistics/figure.ts";
import { meanInterval } from "../../statistics/student.ts";

/** What a fold says of the network that was trained on the others. */
export interface FoldResult {
  /** From 1. */
  readonly fold: number;
  /** Examples in it. */
  readonly examples: number;
  /** The deterministic readout on them. */
  readonly deterministic: { readonly metric: Metric; readonly value: number };
  /** The same of sampled units. */
  readonly sampling: number;
  /** The answer that needs no network, where there is one, and its error on them. */
  readonly usual?: { readonly unit: "%" | ""; readonly usual: number; readonly answer: string };
}

/** What all folds say together. */
export interface FoldsResults {
  readonly metric: Metric;
  readonly folds: readonly FoldResult[];
  /** Examples of all folds. */
  readonly examples: number;
  /** Mean over folds, with a 95 % interval of Student's t, infinite where all are equal. Folds share examples to train on: it is somewhat too narrow. */
  readonly mean: Figure;
  /** The mean over folds where units are sampled. */
  readonly sampling: number;
  /** Over all examples, each tested on once: an error in per cent with Clopper and Pearson's interval, an RMSE with that of normal errors. Absent for other metrics. */
  readonly pooled?: Figure;
  /** The answer that needs no network: its mean error over folds, and how much better the network is, fold by fold. */
  readonly usual?: { readonly answer: string; readonly mean: number; readonly gain: Figure };
}

/** Of at least two folds of one network. */
export function foldsResults(records: readonly FoldResult[]): FoldsResults {
  const folds = [...records].sort((a, b) => a.fold - b.fold);
  const { metric } = folds[0]!.deterministic;
  const values = folds.map(({ deterministic }) => deterministic.value);
  const examples = folds.reduce((sum, fold) => sum + fold.examples, 0);
  const weighted = (of: (value: number) => number): number =>
    folds.reduce((sum, fold, i) => sum + (fold.examples * of(values[i]!)) / examples, 0);
  const usual = folds.every((fold) => fold.usual) ? folds.map((fold) => fold.usual!) : undefined;
  const sign = metric.better === "lower" ? 1 : -1;
  const gains = usual?.map((fold, i) => sign * (fold.usual - values[i]!)) ?? [];
  const unit = usual?.at(0)?.unit;
  const pooledValue = unit === "" ? Math.sqrt(weighted((value) => value ** 2)) : weighted((value) => value);
  const [least, most] = [unit === undefined ? Number.NEGATIVE_INFINITY : 0, unit === "%" ? 100 : Number.POSITIVE_INFINITY]; // biome-ignore format: one line
  const mean = spread(values);
  return {
    ...{ metric, folds, examples, mean: Number.isFinite(mean.low) ? within(mean, least, most) : mean },
    sampling: folds.reduce((sum, { sampling }) => sum + sampling, 0) / folds.length,
    ...(unit !== undefined && { pooled: intervalOf(pooledValue, unit, examples) }),
    ...(usual && {
      usual: {
        answer: [...new Set(usual.map(({ answer }) => answer))].join(" or "),
        mean: usual.reduce((sum, fold) => sum + fold.usual, 0) / usual.length,
        gain: spread(gains),
      },
    }),
  };
}

const isEqual = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** A mean over folds with its interval, which equal values don't give: they don't say how far others would be. */
const spread = (values: readonly number[]): Figure =>
  isEqual(values)
    ? { value: values[0]!, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
    : meanInterval(values);
