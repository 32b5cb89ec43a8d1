import type { Head } from "../models/head.ts";
import type { Readout } from "../models/model.ts";
import { bySeed } from "../statistics/paired.ts";
import { mean, variance } from "../statistics/sample.ts";
import { meanInterval } from "../statistics/student.ts";
import { type Figures, figureOf, type RunRecord } from "./record.ts";

/** A metric of a group's runs, in the metric's unit. */
export interface OverSeeds {
  readonly mean: number;
  /** Sample standard deviation between seeds, with n − 1 below; null of a single seed. */
  readonly sd: number | null;
  /** The 95 % interval of the mean by Student's t; null of a single seed, and where all seeds give the same number. */
  readonly interval: readonly [low: number, high: number] | null;
  /** By seed, in the order of `seeds`. */
  readonly values: readonly number[];
}

/** Runs whose configs differ in the seed alone. */
export interface ComparedGroup {
  /** What tells it from the other groups, such as "estimator disarm, rate 0.1"; "all runs" where there is one group. */
  readonly name: string;
  /** The same by option, with values as they are typed. */
  readonly differs: Readonly<Record<string, string>>;
  /** In ascending order. */
  readonly seeds: readonly number[];
  /** The runs, one for each seed. */
  readonly runs: readonly RunRecord[];
  /** The head's metrics on the split that is compared, with the readout that selects the epoch. */
  readonly figures: Readonly<Record<string, OverSeeds>>;
  /** The same on the validation set. */
  readonly valid: Readonly<Record<string, OverSeeds>>;
  /** On the test set with sampled units; absent where the validation set is compared, and where nothing is sampled. */
  readonly sampled?: Readonly<Record<string, OverSeeds>> | undefined;
}

/** What is looked at of every group. */
export interface Looked {
  readonly head: Head;
  readonly split: "test" | "valid";
  readonly readout: Readout;
}

export function groupOf(
  differs: Readonly<Record<string, string>>,
  records: readonly RunRecord[],
  { head, split, readout }: Looked,
): ComparedGroup {
  const runs = [...records].sort((a, b) => a.seed - b.seed);
  const over = (score: (run: RunRecord) => Figures): Readonly<Record<string, OverSeeds>> =>
    Object.fromEntries(
      head.metrics.map((metric) => [
        metric.name,
        overSeeds([...bySeed(runs, (run) => figureOf(run, score(run), metric)).values()]),
      ]),
    );
  const isSampled =
    split === "test" &&
    runs.some(({ test }) => JSON.stringify(test!.stochastic) !== JSON.stringify(test!.deterministic));
  const name = Object.entries(differs)
    .map(([option, value]) => `${option} ${value}`)
    .join(", ");
  return {
    ...{ name: name || "all runs", differs, seeds: runs.map(({ seed }) => seed), runs },
    figures: over(({ valid, test }) => (split === "test" ? test![readout] : valid)),
    valid: over(({ valid }) => valid),
    ...(isSampled && { sampled: over(({ test }) => test!.stochastic) }),
  };
}

export function overSeeds(values: readonly number[]): OverSeeds {
  if (values.length < 2) return { mean: mean(values), sd: null, interval: null, values };
  const sd = Math.sqrt(variance(values));
  // Numbers without any spread say nothing about how far another seed would be away.
  if (values.every((value) => value === values[0])) return { mean: values[0]!, sd: 0, interval: null, values };
  const { low, high } = meanInterval(values);
  return { mean: mean(values), sd, interval: [low, high], values };
}
