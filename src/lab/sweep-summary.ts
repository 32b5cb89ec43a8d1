import { join } from "node:path";
import { trialOf, trialsIn } from "../experiments/sweep/plan.ts";
import { bestOfFirst, numericOptions, thinned } from "../experiments/sweep/points.ts";
import { errorOf, type Ranking, rankingOf, rungsOf, said, tableOf } from "../experiments/sweep/ranking.ts";
import { holdsSweep, sweepIn } from "../experiments/sweep/stored.ts";
import { MOST_DRAWN, type SweepSummary, type SweepTrial } from "./watch-messages.ts";

/** Rows of the table, and failed trials whose error is said. */
const [BEST, FAILED] = [10, 5];
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
  const { plan, trials, ranked, failed } = ranking;
  const { metric = "value", unit = "", better = "lower", rung: farthest } = ranked[0] ?? {};
  const of = (trial: number): SweepTrial => ({
    trial,
    run: plan.work.kind === "train" ? join(name, "trials", trialOf(plan, trial).id) : undefined,
  });
  const [head = [], ...rows] = tableOf(ranking, BEST);
  const finite = ranked.filter(hasNumber);
  const drawn = thinned({ ranked: finite }, MOST_DRAWN, BEST).toSorted((a, b) => a.trial - b.trial);
  return {
    ...{ name, question: short(plan.question), problem: undefined },
    ...{ trials: trialsIn(plan), ended: trials.length, failed: failed.length, rungs: rungsOf(plan, trials) },
    ...{ metric, unit, better },
    best: ranked[0] && { options: ranked[0].name, value: said(ranked[0]) },
    head,
    table: rows.map((cells, i) => ({ ...of(ranked[i]!.trial), cells })),
    failures: failed
      .slice(0, FAILED)
      .map((record) => ({ ...of(record.trial), options: record.name, error: short(errorOf(record)) })),
    curve: bestOfFirst({ ranked: finite }).map(({ trial, value }) => [trial, value]),
    drawn: drawn.map((record) => ({
      ...of(record.trial),
      value: drawnAs(record.value),
      isEarly: record.rung !== farthest,
    })),
    scored: finite.length,
    options: numericOptions(plan, drawn).map((option) => ({ ...option, values: option.values.map(drawnAs) })),
  };
}

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

/** Whether there is a number to draw: of a training that went astray it may be infinite. */
const hasNumber = ({ value }: Ranking["ranked"][number]): boolean => Number.isFinite(value);
