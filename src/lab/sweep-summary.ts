import { join } from "node:path";
import { trialOf, trialsIn } from "../experiments/sweep/plan.ts";
import { bestOfFirst, numericOptions, thinned, wordOptions } from "../experiments/sweep/points.ts";
import { errorOf, isAveraged, type Ranking, rankingOf, rungsOf, said, tableOf } from "../experiments/sweep/ranking.ts";
import { holdsSweep, sweepIn } from "../experiments/sweep/stored.ts";
import { MOST_DRAWN, type SweepSummary, type SweepTrial } from "./watch-messages.ts";

/** Rows of the table, and errors that are said. */
const [BEST, FAILED] = [10, 5];
/** Words of an option that is drawn. */
const MOST_WORDS = 24;
/** Letters of an error or of a question. */
const MOST_LETTERS = 400;
/** Digits of what is only drawn. */
const DIGITS = 6;

const short = (text: string): string => (text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)} …` : text);
const drawnAs = (x: number): number => Number(x.toPrecision(DIGITS));

/** What a page shows of the sweep in a folder, or why it can't; undefined where the folder is another study's. */
export async function summaryIn(folder: string): Promise<SweepSummary | undefined> {
  try {
    if (!(await holdsSweep(folder))) return undefined;
    const { plan, records } = await sweepIn("lab", folder);
    return summaryOf(folder, rankingOf(plan, records));
  } catch (error) {
    return unread(folder, error instanceof Error ? error.message : "it can't be read");
  }
}

/** What a page shows of a sweep. @param name the path of its folder */
export function summaryOf(name: string, ranking: Ranking): SweepSummary {
  const { plan, trials, ranked, points, failed } = ranking;
  const { metric = "value", unit = "", better = "lower" } = ranked[0] ?? {};
  const [first] = points;
  const averaged = isAveraged(plan);
  const of = (trial: number): SweepTrial => ({
    trial,
    run: plan.work.kind === "train" ? join(name, "trials", trialOf(plan, trial).id) : undefined,
  });
  const [head = [], ...rows] = tableOf(ranking, BEST);
  const drawn = thinned({ ranked }, MOST_DRAWN, BEST).toSorted((a, b) => a.trial - b.trial);
  return {
    ...{ name, question: short(plan.question), problem: undefined },
    ...{ trials: trialsIn(plan), ended: trials.length, failed: failed.length, rungs: rungsOf(plan, trials) },
    ...{ metric, unit, better },
    ...{ isAveraged: averaged, epochs: plan.halving?.rungs ?? [] },
    best: first && { options: short(first.name), value: said({ value: first.mean, unit }) },
    head,
    table: rows.map((cells, i) => ({ ...of(points[i]!.trials[0]!.trial), cells })),
    failures: differentOf(failed).map(({ record, more }) => ({
      ...{ ...of(record.trial), options: short(record.name), error: short(errorOf(record)), more },
    })),
    curve: averaged ? [] : bestOfFirst(ranking).map(({ trial, value }) => [trial, value]),
    drawn: drawn.map((record) => ({
      ...of(record.trial),
      ...{ value: drawnAs(record.value), rung: record.rung },
    })),
    scored: ranked.length,
    options: [
      ...wordsOf(plan, drawn).map(({ words, ...option }) => ({ ...option, isLog: false, words: words.map(short) })),
      ...numericOptions(plan, drawn).map((option) => ({ ...option, values: option.values.map(drawnAs) })),
    ],
  };
}

/** The options in words that have a row for each. */
const wordsOf = (...given: Parameters<typeof wordOptions>) =>
  wordOptions(...given).filter(({ words }) => words.length <= MOST_WORDS);

/** A sweep of which nothing is known but why. */
const unread = (name: string, problem: string): SweepSummary => ({
  ...{
    name,
    question: "",
    problem: short(problem),
    trials: 0,
    ended: 0,
    failed: 0,
    rungs: "",
    metric: "value",
    unit: "",
  },
  ...{
    better: "lower",
    isAveraged: false,
    epochs: [],
    best: undefined,
    head: [],
    table: [],
    failures: [],
    curve: [],
    drawn: [],
    scored: 0,
    options: [],
  },
});

/** The first trials that failed by different errors, and how many more failed by the same. */
function differentOf(
  failed: Ranking["failed"],
): { readonly record: Ranking["failed"][number]; readonly more: number }[] {
  const byError = new Map<string, { record: Ranking["failed"][number]; more: number }>();
  for (const record of failed) {
    const known = byError.get(record.error);
    if (known) known.more++;
    else byError.set(record.error, { record, more: 0 });
  }
  return [...byError.values()].slice(0, FAILED);
}
