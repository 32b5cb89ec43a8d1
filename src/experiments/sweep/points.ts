import type { SweepPlan } from "./plan.ts";
import type { Ranking } from "./ranking.ts";

/** Scored trials in the order of their numbers. */
export const inOrder = ({ ranked }: Pick<Ranking, "ranked">): Ranking["ranked"] =>
  ranked.toSorted((a, b) => a.trial - b.trial);

/**
 * The trials that a picture has room for, in the order of their ranks: the best ones, and of the others evenly chosen ones.
 * @param most how many there is room for
 * @param best how many of the best are among them
 */
export function thinned({ ranked }: Pick<Ranking, "ranked">, most: number, best: number): Ranking["ranked"] {
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
  /** Whether the plan has equal ratios for equally likely. */
  readonly isLog: boolean;
  /** Its value for each trial that is given. */
  readonly values: readonly number[];
}

/** The options whose values are numbers for all of these trials. */
export function numericOptions({ space }: Pick<SweepPlan, "space">, trials: Ranking["ranked"]): NumericOption[] {
  return Object.entries(space).flatMap(([name, dimension]) => {
    const texts = trials.map(({ point }) => point[name]!);
    if (texts.some((text) => text.trim() === "" || Number.isNaN(Number(text)))) return [];
    return [{ name, isLog: "from" in dimension && dimension.log === true, values: texts.map(Number) }];
  });
}
