import { lineChart, scatter } from "../../plots/index.ts";
import type { Ranking } from "./ranking.ts";

/** Scored trials in the order of their numbers. */
const inOrder = ({ ranked }: Ranking) => ranked.toSorted((a, b) => a.trial - b.trial);

/** The best value so far against the number of trials. */
export function bestSoFar(ranking: Ranking): Promise<string> {
  const { better = "lower", metric = "value", unit = "" } = ranking.ranked[0] ?? {};
  let best = better === "lower" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const farthest = ranking.ranked[0]?.rung;
  const points = inOrder(ranking)
    .filter(({ rung }) => rung === farthest)
    .map(({ trial, value }) => {
      best = better === "lower" ? Math.min(best, value) : Math.max(best, value);
      return { x: trial + 1, y: best };
    });
  const y = unit === "" ? metric : `${metric}, ${unit}`;
  return lineChart([{ name: "best so far", points }], { title: `${y}: the best of the first trials`, x: "trials", y });
}

/** For each option whose values are numbers: the value of each trial against it. */
export async function byOption(ranking: Ranking): Promise<string[]> {
  const { metric = "value", unit = "" } = ranking.ranked[0] ?? {};
  const y = unit === "" ? metric : `${metric}, ${unit}`;
  const drawn = Object.entries(ranking.plan.space).flatMap(([option, dimension]) => {
    const trials = inOrder(ranking);
    const isLog = "from" in dimension && dimension.log === true;
    const at = (text: string): number => (isLog ? Math.log10(Number(text)) : Number(text));
    if (trials.some(({ point }) => point[option]!.trim() === "" || Number.isNaN(at(point[option]!)))) return [];
    const points = trials.map(({ point, value }) => [at(point[option]!), value] as const);
    const x = isLog ? `log₁₀ ${option}` : option;
    return [scatter([{ name: "trials", points }], { title: `${metric} against ${option}`, x, y })];
  });
  return Promise.all(drawn);
}
