import { count } from "../../describe/format.ts";
import { type Cloud, colourOf, intervalChart, scatter } from "../../plots/index.ts";
import { cut } from "../../rules.ts";
import { median } from "../../statistics/sample.ts";
import { bestOfFirst, numericOptions, thinned, wordOptions } from "./points.ts";
import { isAveraged, type Ranking } from "./ranking.ts";

/** Trials or points in one picture, and how many of them are the best ones. */
const [MOST, BEST] = [2000, 1000];
/** Rows of values that are words, and characters of one. */
const [MOST_ROWS, MOST_LETTERS] = [24, 30];
/** Values that are words whose trials have colours of their own. */
const MOST_COLOURS = 4;

/** What is drawn: a trial, or the mean of a point's seeds. */
interface Drawn {
  readonly point: Ranking["points"][number]["point"];
  readonly value: number;
  /** Of a trial: how far it came; 0 without halving. */
  readonly rung: number;
}

/** What the trials are compared by, with its unit. */
function axisOf({ ranked }: Ranking): { readonly metric: string; readonly y: string } {
  const { metric = "value", unit = "" } = ranked[0] ?? {};
  return { metric, y: unit === "" ? metric : `${metric}, ${unit}` };
}

/** The value of each trial in order, and the best one so far. */
export function bestSoFar(ranking: Ranking): Promise<string> {
  const { metric, y } = axisOf(ranking);
  const shown = thinned(ranking, MOST, BEST).map((record) => ({ ...record, at: record.trial + 1 }));
  const bests = isAveraged(ranking.plan) ? [] : bestOfFirst(ranking);
  const steps = bests.map(({ trial, value }) => [trial + 1, value] as const);
  const [last, end] = [bests.at(-1), ranking.trials.at(-1)];
  if (last && end && end.trial > last.trial) steps.push([end.trial + 1, last.value]);
  return scatter(
    byEpochs(ranking, shown).map(({ name, own }) => ({ name, points: own.map(({ at, value }) => [at, value]) })),
    {
      title: `${metric} of each trial${steps.length > 0 ? ", and the best so far as a line" : ""}${thinnedSaid(shown, ranking.ranked)}`,
      ...{ x: "trials", y, steps, crosses: crossesOf(ranking, ({ trial }) => trial + 1) },
    },
  );
}

/** For each option: the value of each trial, or the mean of each point, against it. */
export async function byOption(ranking: Ranking): Promise<string[]> {
  const { plan, ranked, points } = ranking;
  const { metric, y } = axisOf(ranking);
  const averaged = isAveraged(plan);
  const all: readonly Drawn[] = averaged ? points.map(({ point, mean }) => ({ point, value: mean, rung: 0 })) : ranked;
  const drawn = thinned({ ranked: all }, MOST, BEST);
  const what = averaged ? `mean ${metric} of each point` : metric;
  const [axis, of] = [averaged ? `mean ${y}` : y, thinnedSaid(drawn, all)];
  const crosses = numericOptions(plan, ranking.failed);
  const numeric = numericOptions(plan, drawn).map(({ name, isLog, values }, i) => {
    const placed = drawn.map((one, at) => ({ ...one, at: values[at]! }));
    const clouds = colouredBy(ranking, placed).map(
      ({ name, own }): Cloud => ({
        ...{ name, points: own.map(({ at, value }) => [at, value]) },
      }),
    );
    return scatter(clouds, {
      ...{ title: `${what} against ${cut(name)}${of}`, x: cut(name), y: axis, logX: isLog },
      crosses: { name: "failed", at: crosses[i]!.values },
    });
  });
  const inWords = wordOptions(plan, drawn).map(({ name, words, values }) => {
    const rows = words.flatMap((word, i) =>
      byEpochs(ranking, drawn.filter((_, at) => values[at] === i)) // biome-ignore format: one line
        .filter(({ own }) => own.length > 0)
        .map(({ name, own }) => ({
          name: plan.halving ? `${cut(word, MOST_LETTERS)} ${name}` : cut(word, MOST_LETTERS),
          colour: colourOf(plan.halving ? plan.halving.rungs.length - 1 - own[0]!.rung : 0),
          points: own.map(({ value }) => value),
        })),
    );
    const some = rows.length > MOST_ROWS ? `, the first ${MOST_ROWS} of ${count(rows.length)} rows` : "";
    return intervalChart(
      rows.slice(0, MOST_ROWS).map((row) => ({ ...row, value: median(row.points), low: Number.NaN, high: Number.NaN })),
      { title: `${what} by ${cut(name)}, and the median as a full dot${some}${of}`, x: axis, scale: "linear" },
    );
  });
  return Promise.all([...inWords, ...numeric]);
}

interface Group<T> {
  readonly name: string;
  readonly own: readonly T[];
}

/** Trials by the epochs that they were trained for; all together without halving. */
function byEpochs<T extends { readonly rung: number }>({ plan }: Ranking, all: readonly T[]): Group<T>[] {
  const { halving } = plan;
  if (!halving) return [{ name: "trials", own: all }];
  return halving.rungs
    .map((epochs, rung) => ({ name: `after epoch ${epochs}`, own: all.filter((one) => one.rung === rung) }))
    .toReversed();
}

/** Trials by their epochs where some were stopped early, and otherwise by an option with a few words. */
function colouredBy<T extends Drawn>(ranking: Ranking, all: readonly T[]): readonly Group<T>[] {
  const option = wordOptions(ranking.plan, all).find(({ words }) => words.length <= MOST_COLOURS);
  if (ranking.plan.halving || !option) return byEpochs(ranking, all);
  return option.words.map((word, i) => ({
    name: cut(word, MOST_LETTERS),
    own: all.filter((_, at) => option.values[at] === i),
  }));
}

const crossesOf = ({ failed }: Ranking, at: (record: Ranking["failed"][number]) => number) => ({
  ...{ name: "failed", at: failed.map(at) },
});

/** Says where not all are drawn. */
const thinnedSaid = (drawn: { readonly length: number }, all: { readonly length: number }): string =>
  drawn.length < all.length
    ? ` (${count(drawn.length)} of ${count(all.length)}, the best ${count(BEST)} among them)`
    : "";
