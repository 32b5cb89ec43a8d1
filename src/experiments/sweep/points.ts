import type { Dimension } from "../../compare/index.ts";
import type { SweepPlan } from "./plan.ts";
import type { Ranking } from "./ranking.ts";
import type { Point } from "./space.ts";

/** Scored trials in the order of their numbers. */
export const inOrder = ({ ranked }: Pick<Ranking, "ranked">): Ranking["ranked"] =>
  ranked.toSorted((a, b) => a.trial - b.trial);

/**
 * The trials that a picture has room for, in the order of their ranks: the best ones, and of the others evenly chosen ones.
 * @param most how many there is room for
 * @param best how many of the best are among them
 */
export function thinned<T>({ ranked }: { readonly ranked: readonly T[] }, most: number, best: number): readonly T[] {
  if (ranked.length <= most) return ranked;
  const [others, room] = [ranked.length - best, most - best];
  const chosen = Array.from({ length: room }, (_, i) => ranked[best + Math.floor((i * others) / room)]!);
  return [...ranked.slice(0, best), ...chosen];
}

/** The best value of the first trials, of those that came as far as any: where it becomes another one, and at the last of them. */
export function bestOfFirst(ranking: Pick<Ranking, "ranked">): { readonly trial: number; readonly value: number }[] {
  const { better = "lower", rung: farthest } = ranking.ranked[0] ?? {};
  const trials = inOrder(ranking).filter(({ rung }) => rung === farthest);
  const points: { trial: number; value: number }[] = [];
  for (const [i, { trial, value }] of trials.entries()) {
    const best = points.at(-1)?.value ?? (better === "lower" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
    const isBetter = better === "lower" ? value < best : value > best;
    if (isBetter || i === trials.length - 1) points.push({ trial, value: isBetter ? value : best });
  }
  return points;
}

/** An option whose values are numbers. */
export interface NumericOption {
  readonly name: string;
  /** Whether equal ratios are as likely, or as far apart in a list, as equal differences would be elsewhere. */
  readonly isLog: boolean;
  /** Its value for each trial or point that is given. */
  readonly values: readonly number[];
}

/** An option with values that are words. */
export interface WordOption {
  readonly name: string;
  /** Its values, in the order of the file. */
  readonly words: readonly string[];
  /** For each trial or point that is given: which of them it has. */
  readonly values: readonly number[];
}

type Placed = readonly { readonly point: Point }[];

const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

/** The values of an option's list as texts; undefined of a range. */
const listOf = (dimension: Dimension): string[] | undefined =>
  "from" in dimension ? undefined : dimension.map(String);

/** The options whose values are numbers, whatever was tried. */
export const numericOptions = ({ space }: Pick<SweepPlan, "space">, trials: Placed): NumericOption[] =>
  Object.entries(space).flatMap(([name, dimension]) => {
    const list = listOf(dimension);
    if (list && !list.every(isNumber)) return [];
    const isLog = "from" in dimension ? dimension.log === true : hasEqualRatios(list!.map(Number));
    return [{ name, isLog, values: trials.map(({ point }) => Number(point[name])) }];
  });

/** The options with values that are words. */
export const wordOptions = ({ space }: Pick<SweepPlan, "space">, trials: Placed): WordOption[] =>
  Object.entries(space).flatMap(([name, dimension]) => {
    const words = listOf(dimension);
    if (!words || words.every(isNumber)) return [];
    return [{ name, words, values: trials.map(({ point }) => words.indexOf(point[name]!)) }];
  });

/** Whether listed numbers are rather of equal ratios, as 0.01, 0.1, 1 are, than of equal differences. */
export function hasEqualRatios(values: readonly number[]): boolean {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length < 2 || sorted[0]! <= 0) return false;
  if (sorted.length === 2) return sorted[1]! >= TENFOLD * sorted[0]!;
  const unevenness = (places: readonly number[]): number => {
    const gaps = places.slice(1).map((place, i) => place - places[i]!);
    return Math.max(...gaps) / Math.min(...gaps);
  };
  return unevenness(sorted.map(Math.log)) < unevenness(sorted);
}

/** Two numbers that are this many times each other are drawn as of equal ratios. */
const TENFOLD = 10;
