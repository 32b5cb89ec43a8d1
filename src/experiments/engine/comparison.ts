import type { Task } from "./tasks.ts";

/** Where settings are chosen by trainings of the same length as the results', their seeds are from this one on; results have 1, 2, … */
export const TUNING_SEED = 1000;

/** 1, 2, …, n. */
export const seedsUpTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** What is compared, the settings that each of it chooses from, and the seeds. */
export interface Comparison<V, C, R> {
  readonly variants: readonly V[];
  /** Settings that a variant tries; none where it has no choice. */
  candidates(variant: V): readonly C[];
  /** Seeds of the trials that only choose. */
  readonly tuningSeeds: readonly number[];
  /** Number of the seeds that results are over, the same for all variants. */
  readonly seeds: number;
  /** One setting's trial on the validation set. */
  tuning(variant: V, candidate: C, seed: number): Task<R>;
  /** A training that counts, with the setting that the trials chose. */
  final(variant: V, seed: number): Task<R>;
}

/** The tasks of a comparison in order: every setting is tried, then all variants are trained with seed 1, with seed 2, … */
export function comparisonTasks<V, C, R>(comparison: Comparison<V, C, R>): Task<R>[] {
  const { variants, candidates, tuningSeeds, seeds, tuning, final } = comparison;
  return [
    ...variants.flatMap((variant) =>
      candidates(variant).flatMap((candidate) => tuningSeeds.map((seed) => tuning(variant, candidate, seed))),
    ),
    ...seedsUpTo(seeds).flatMap((seed) => variants.map((variant) => final(variant, seed))),
  ];
}

/**
 * The setting with the lowest score, the first of equals. A score that is no number is taken for infinite: a training that diverged is
 * chosen only where all did.
 */
export function best<C>(candidates: readonly C[], score: (candidate: C) => number): C {
  const scores = candidates.map((candidate) => {
    const found = score(candidate);
    return Number.isNaN(found) ? Number.POSITIVE_INFINITY : found;
  });
  return candidates[scores.indexOf(Math.min(...scores))]!;
}
