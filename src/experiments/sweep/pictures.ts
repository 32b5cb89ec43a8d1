import { count } from "../../describe/format.ts";
import { lineChart, scatter } from "../../plots/index.ts";
import type { Ranking } from "./ranking.ts";

/** Trials in one picture: the best half of them, and others in equal steps. */
const MOST = 2000;

/** Scored trials in the order of their numbers. */
const inOrder = ({ ranked }: Pick<Ranking, "ranked">) => ranked.toSorted((a, b) => a.trial - b.trial);

/** The trials that a picture has room for. */
function thinned({ ranked }: Ranking): Ranking["ranked"] {
  if (ranked.length <= MOST) return ranked;
  const [best, rest] = [ranked.slice(0, MOST / 2), ranked.slice(MOST / 2)];
  const step = Math.ceil(rest.length / (MOST / 2));
  return [...best, ...rest.filter((_, i) => i % step === 0)];
}

/** The best value so far against the number of trials. */
export function bestSoFar(ranking: Ranking): Promise<string> {
  const { better = "lower", metric = "value", unit = "" } = ranking.ranked[0] ?? {};
  let best = better === "lower" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const farthest = ranking.ranked[0]?.rung;
  const points: { x: number; y: number }[] = [];
  const trials = inOrder(ranking).filter(({ rung }) => rung === farthest);
  for (const [i, { trial, value }] of trials.entries()) {
    const isBetter = better === "lower" ? value < best : value > best;
    if (isBetter) best = value;
    // A line needs its corners alone.
    if (isBetter && points.length > 0) points.push({ x: trial + 1, y: points.at(-1)!.y });
    if (isBetter || i === trials.length - 1) points.push({ x: trial + 1, y: best });
  }
  const y = unit === "" ? metric : `${metric}, ${unit}`;
  return lineChart([{ name: "best so far", points }], { title: `${y}: the best of the first trials`, x: "trials", y });
}

/** For each option whose values are numbers: the value of each trial against it. */
export async function byOption(ranking: Ranking): Promise<string[]> {
  const { metric = "value", unit = "" } = ranking.ranked[0] ?? {};
  const y = unit === "" ? metric : `${metric}, ${unit}`;
  const trials = thinned(ranking);
  const of =
    trials.length < ranking.ranked.length
      ? ` (${count(trials.length)} of ${count(ranking.ranked.length)} trials, the best ${count(MOST / 2)} among them)`
      : "";
  const drawn = Object.entries(ranking.plan.space).flatMap(([option, dimension]) => {
    const isLog = "from" in dimension && dimension.log === true;
    const at = (text: string): number => (isLog ? Math.log10(Number(text)) : Number(text));
    if (trials.some(({ point }) => point[option]!.trim() === "" || Number.isNaN(at(point[option]!)))) return [];
    const points = trials.map(({ point, value }) => [at(point[option]!), value] as const);
    const x = isLog ? `log₁₀ ${option}` : option;
    return [scatter([{ name: "trials", points }], { title: `${metric} against ${option}${of}`, x, y })];
  });
  return Promise.all(drawn);
}
