import type { Metric } from "../models/head.ts";
import { bootstrapInterval } from "../statistics/bootstrap.ts";
import { holm } from "../statistics/holm.ts";
import { type BySeed, paired } from "../statistics/paired.ts";
import { signFlipTest } from "../statistics/permutation.ts";
import { hedgesG, pairsFor } from "../statistics/power.ts";
import { mean, variance } from "../statistics/sample.ts";
import { meanTest } from "../statistics/student.ts";
import { type ComparedGroup, type OverSeeds, overSeeds } from "./group.ts";

/** What a pair of groups comes to: the first group's metric is lower or higher at the 5 % level, or why nothing is said. */
export type Verdict =
  | "lower"
  | "higher"
  | "no difference found"
  | "equal in every seed"
  | "one difference in every seed"
  | "one seed"
  | "too few seeds"
  | "no seed in common";

/** Two groups, compared over the seeds that both have. */
export interface ComparedPair {
  /** The name of the first group. */
  readonly first: string;
  /** The name of the second group. */
  readonly second: string;
  /** The seeds that both groups have. */
  readonly seeds: readonly number[];
  /** The first group's metric minus the second's, seed by seed; null without a seed in common. */
  readonly difference: OverSeeds | null;
  /** Two-sided p-value of the paired t-test; null with fewer than 3 seeds in common, and where the difference is the same in all. */
  readonly p: number | null;
  /** With Holm's correction for all pairs that are tested. */
  readonly corrected: number | null;
  /** Two-sided p-value of the same by turned signs, which asks for no normal differences; null where p is. */
  readonly signFlip: number | null;
  /** The bootstrap's 95 % interval of the mean difference; null where p is. */
  readonly bootstrap: readonly [low: number, high: number] | null;
  /** Hedges' g: the mean difference in its own standard deviations; null where p is. */
  readonly effect: number | null;
  /** How many seeds would find a true difference as large as this one, with a chance of 80 % at the 5 % level, without correction; null where p is, or beyond 100,000. */
  readonly seedsToTell: number | null;
  /** What the difference says: lower, higher, or why nothing can be said. */
  readonly verdict: Verdict;
}

/** Seeds below which a mean has no test: with two, even a difference of 12 standard errors is not significant. */
export const FEWEST = 3;
const LEVEL = 0.05;

const values = ({ seeds, figures }: ComparedGroup, { name }: Metric): BySeed =>
  new Map(seeds.map((seed, i) => [seed, figures[name]!.values[i]!]));

/** All pairs of groups, or each group with `base`, with corrected p-values. */
export function pairsOf(
  groups: readonly ComparedGroup[],
  metric: Metric,
  base: ComparedGroup | undefined,
): ComparedPair[] {
  const both = groups.flatMap((a, i) =>
    base ? (a === base ? [] : [[a, base] as const]) : groups.slice(i + 1).map((b) => [a, b] as const),
  );
  const found = both.map(([a, b]) => {
    const differences = paired(values(a, metric), values(b, metric));
    const p = differences.length < FEWEST || isConstant(differences) ? null : meanTest(differences);
    return { a, b, differences, p };
  });
  const corrected = holm(found.flatMap(({ p }) => (p === null ? [] : [p]))).values();
  return found.map(({ a, b, differences, p }) => {
    const difference = differences.length === 0 ? null : overSeeds(differences);
    const own = p === null ? null : corrected.next().value!;
    return {
      ...{ first: a.name, second: b.name, seeds: a.seeds.filter((seed) => b.seeds.includes(seed)) },
      ...{ difference, p, corrected: own, ...furtherOf(differences, p), verdict: verdictOf(differences, own) },
    };
  });
}

/** The other figures of differences that are tested. */
function furtherOf(
  differences: readonly number[],
  p: number | null,
): Pick<ComparedPair, "signFlip" | "bootstrap" | "effect" | "seedsToTell"> {
  if (p === null) return { signFlip: null, bootstrap: null, effect: null, seedsToTell: null };
  const { low, high } = bootstrapInterval(differences);
  const effect = hedgesG(mean(differences), Math.sqrt(variance(differences)), differences.length);
  const seeds = pairsFor(effect);
  return {
    ...{ signFlip: signFlipTest(differences), bootstrap: [low, high], effect },
    seedsToTell: Number.isFinite(seeds) ? seeds : null,
  };
}

const isConstant = (numbers: readonly number[]): boolean => numbers.every((number) => number === numbers[0]);

function verdictOf(differences: readonly number[], corrected: number | null): Verdict {
  if (differences.length === 0) return "no seed in common";
  if (differences.length === 1) return "one seed";
  if (differences.length < FEWEST) return "too few seeds";
  if (corrected === null) return differences[0] === 0 ? "equal in every seed" : "one difference in every seed";
  if (corrected >= LEVEL) return "no difference found";
  return overSeeds(differences).mean < 0 ? "lower" : "higher";
}
