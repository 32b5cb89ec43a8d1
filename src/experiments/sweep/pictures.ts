import { count } from "../../describe/format.ts";
import { lineChart, scatter } from "../../plots/index.ts";
import { bestOfFirst, numericOptions, thinned } from "./points.ts";
import type { Ranking } from "./ranking.ts";

/** Trials in one picture, and how many of them are the best ones. */
const [MOST, BEST] = [2000, 1000];

/** What the trials are compared by, with its unit. */
function axisOf({ ranked }: Ranking): { readonly metric: string; readonly y: string } {
  const { metric = "value", unit = "" } = ranked[0] ?? {};
  return { metric, y: unit === "" ? metric : `${metric}, ${unit}` };
}

/** The best value so far against the number of trials. */
export function bestSoFar(ranking: Ranking): Promise<string> {
  const { y } = axisOf(ranking);
  const turns = bestOfFirst(ranking);
  // A line needs its corners alone.
  const points = turns.flatMap(({ trial, value }, i) => {
    const before = turns[i - 1];
    const here = { x: trial + 1, y: value };
    return before === undefined || before.value === value ? [here] : [{ x: here.x, y: before.value }, here];
  });
  return lineChart([{ name: "best so far", points }], { title: `${y}: the best of the first trials`, x: "trials", y });
}

/** For each option whose values are numbers: the value of each trial against it. */
export async function byOption(ranking: Ranking): Promise<string[]> {
  const { metric, y } = axisOf(ranking);
  const trials = thinned(ranking, MOST, BEST);
  const of =
    trials.length < ranking.ranked.length
      ? ` (${count(trials.length)} of ${count(ranking.ranked.length)} trials, the best ${count(BEST)} among them)`
      : "";
  const drawn = numericOptions(ranking.plan, trials).map(({ name, isLog, values }) => {
    const points = trials.map(({ value }, i) => [isLog ? Math.log10(values[i]!) : values[i]!, value] as const);
    const x = isLog ? `log₁₀ ${name}` : name;
    return scatter([{ name: "trials", points }], { title: `${metric} against ${name}${of}`, x, y });
  });
  return Promise.all(drawn);
}
