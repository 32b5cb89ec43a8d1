import { flagName } from "../../config/index.ts";
import { count } from "../../describe/format.ts";
import { shellWord } from "../../describe/shell.ts";
import { counted, cut } from "../../rules.ts";
import { averagedOf, errorOfDifference, meanTest, type RankedPoint, type ScoredRecord } from "./averages.ts";
import { type SweepPlan, trialOf, trialsIn } from "./plan.ts";
import { scoreOf, type TrialRecord } from "./scheduling.ts";
import { type Failed, notFinite, type Scored } from "./trial.ts";

/** What the trials of a sweep come to. */
export interface Ranking {
  readonly plan: SweepPlan;
  /** The sweep's folder as it is typed, for commands; undefined where nobody types it. */
  readonly folder: string | undefined;
  /** The last record of each trial that was begun, by its number. */
  readonly trials: readonly TrialRecord[];
  /** Those with a score: the ones that came farthest first, and of these the best. */
  readonly ranked: readonly ScoredRecord[];
  /** Points with the means over their seeds, the best first; where each has one seed, its trial. */
  readonly points: readonly RankedPoint[];
  readonly failed: readonly FailedRecord[];
}

type FailedRecord = TrialRecord & Failed;

/** Whether points have several seeds: then they are compared by their means. */
export const isAveraged = ({ seeds }: Pick<SweepPlan, "seeds">): boolean => seeds.length > 1;

/** Whether a trial has a score to compare. One that is NaN or infinite is none. */
export const isScored = (record: TrialRecord): record is ScoredRecord =>
  record.state !== "failed" && Number.isFinite(record.value);

/** A trial without a score as a failed one. */
const failedOf = (record: TrialRecord): FailedRecord => {
  if (record.state === "failed") return record;
  const { trial, rung, name, point, seed, metric, value } = record;
  return { trial, rung, name, point, seed, state: "failed", error: notFinite(metric, value) };
};

/** The ranking of records, which come by trial and rung. @param folder the sweep's, as it is typed */
export function rankingOf(plan: SweepPlan, records: readonly TrialRecord[], folder?: string): Ranking {
  const trials = [...new Map(records.map((record) => [record.trial, record])).values()]
    .sort((a, b) => a.trial - b.trial)
    .map((record) => (isScored(record) ? record : failedOf(record)));
  const scored = trials.filter(isScored);
  const ranked = scored.toSorted((a, b) => b.rung - a.rung || scoreOf(a) - scoreOf(b) || a.trial - b.trial);
  const points = isAveraged(plan) ? averagedOf(plan, scored) : ranked.map(alone);
  const failed = trials.filter((record) => record.state === "failed");
  return { plan, folder, trials, ranked, points, failed };
}

/** A point of a single trial. */
const alone = (record: ScoredRecord): RankedPoint => ({
  ...{ number: record.trial, name: record.name, point: record.point, trials: [record] },
  ...{ mean: record.value, deviation: Number.NaN },
});

/** A trial's value in its unit. */
export const said = ({ value, unit }: Pick<Scored, "value" | "unit">): string =>
  unit === "%"
    ? `${value.toFixed(2)} %`
    : `${Number.isFinite(value) ? value.toPrecision(4) : value}${unit === "" ? "" : ` ${unit}`}`;

/** What was found, in a sentence or a few. */
export function findings(ranking: Ranking): string[] {
  const { plan, trials, ranked, failed } = ranking;
  const failures =
    failed.length === 0
      ? []
      : [`${counted(failed.length, "trial")} failed; the first, trial ${failed[0]!.trial}: ${errorOf(failed[0]!)}`];
  if (ranked.length === 0) return [`None of the ${count(trials.length)} trials has a score.`, ...failures];
  return [
    ...(isAveraged(plan) ? ofPoints(ranking) : ofTrials(ranking)),
    ...(plan.halving ? [rungsOf(plan, trials)] : []),
    ...failures,
  ];
}

/** A score's name: a training's is of the validation set. */
const titled = (plan: SweepPlan, metric: string): string =>
  plan.work.kind === "train" ? `validation ${metric}` : metric;
const bestWord = (better: Scored["better"]): string => (better === "lower" ? "lowest" : "highest");
const UNUSED = "the test set isn't used to choose";

/** Of trials that are compared one by one. */
function ofTrials({ plan, trials, ranked: [best] }: Ranking): string[] {
  const { metric, better, name, test, trial, by, unit } = best!;
  const tested = test?.[by];
  return [
    `The ${bestWord(better)} ${titled(plan, metric)} of ${counted(trials.length, "trial")} is ${said(best!)}: ${shortened(name)} (trial ${trial}).`,
    ...(tested === undefined ? [] : [`Its test ${metric} is ${said({ value: tested, unit })}; ${UNUSED}.`]),
    ...(trials.length < 2 || plan.work.kind !== "train"
      ? []
      : [
          `The best of many trials is better by chance, too: several seeds for each point, such as seeds: 5, show by how much.`,
        ]),
  ];
}

/** Of points that are compared by their means. */
function ofPoints({ plan, points }: Ranking): string[] {
  const [best, next] = points;
  const { metric, better, unit } = best!.trials[0]!;
  const { length } = plan.seeds;
  const tested = meanTest(best!);
  const fewer = points.filter(({ trials }) => trials.length < length).length;
  return [
    `The ${bestWord(better)} mean ${titled(plan, metric)} of ${counted(points.length, "point")} is ${said({ value: best!.mean, unit })}: ${shortened(best!.name)} (point ${best!.number}, ${seedsSaid(best!, length)}${deviationSaid(best!)}).`,
    ...(tested === undefined ? [] : [`Its mean test ${metric} is ${said({ value: tested, unit })}; ${UNUSED}.`]),
    ...(next && best!.trials.length > 1 && next.trials.length === best!.trials.length
      ? [
          `The next is ${shortened(next.name)} (point ${next.number}), ${said({ value: Math.abs(next.mean - best!.mean), unit })} behind; the standard error of this difference is ${said({ value: errorOfDifference(best!, next), unit })}.`,
        ]
      : []),
    ...(fewer > 0 && fewer < points.length
      ? [`Points whose ${length} seeds haven't all a score rank after the others: ${count(fewer)}.`]
      : []),
  ];
}

const seedsSaid = ({ trials }: RankedPoint, of: number): string =>
  trials.length === of ? `${of} seeds` : `${trials.length} of ${of} seeds`;

const deviationSaid = ({ deviation, trials: [first] }: RankedPoint): string =>
  Number.isNaN(deviation) ? "" : `, standard deviation ${said({ value: deviation, unit: first!.unit })}`;

/** Characters of a name or of a cell. */
const MOST_LETTERS = 40;
const shortened = (name: string): string => cut(name, 3 * MOST_LETTERS);

/** A trial's error, for records that have one. */
export const errorOf = (record: TrialRecord): string =>
  record.state === "failed" ? record.error.split("\n", 1)[0]! : "";

/** Who came how far, where some were stopped early; empty where none are. */
export function rungsOf({ halving, ...plan }: SweepPlan, trials: readonly TrialRecord[]): string {
  if (!halving) return "";
  const reached = halving.rungs.map((epochs, rung) => {
    const n = trials.filter((record) => record.rung >= rung && record.state !== "failed").length;
    return `${count(n)} reached epoch ${epochs}`;
  });
  return `Of ${count(trialsIn(plan))} trials ${reached.join(", ")}.`;
}

/** Rows of the best points or trials, the head first; values that are long are cut. */
export function tableOf({ plan, points }: Ranking, most: number): string[][] {
  const { metric, unit } = points[0]?.trials[0] ?? { metric: "value", unit: "" };
  const options = Object.keys(plan.space);
  const averaged = isAveraged(plan);
  const trained = plan.work.kind === "train" && !averaged;
  const head = averaged ? ["point", `mean ${metric}`, "standard deviation", "seeds"] : ["trial", metric];
  const rows = points.slice(0, most).map((ranked) => {
    const { number, mean, deviation, trials, point } = ranked;
    const spread = Number.isNaN(deviation) ? "–" : said({ value: deviation, unit });
    return [
      ...[String(number), said({ value: mean, unit })],
      ...(averaged ? [spread, String(trials.length)] : []),
      ...options.map((option) => cut(point[option]!, MOST_LETTERS)),
      ...(trained ? [String(trials[0]!.epochs)] : []),
    ];
  });
  return [[...head, ...options.map((option) => cut(option, MOST_LETTERS)), ...(trained ? ["epochs"] : [])], ...rows];
}

/** A row for each trial that was begun. */
export function columnsOf({ plan, trials }: Ranking) {
  const tests = [...new Set(trials.flatMap((record) => (isScored(record) ? Object.keys(record.test ?? {}) : [])))];
  const of = (name: string, value: (record: TrialRecord) => string | number | undefined) => ({
    name,
    values: trials.map(value),
  });
  return [
    of("trial", ({ trial }) => trial),
    of("id", ({ trial }) => trialOf(plan, trial).id),
    ...Object.keys(plan.space).map((option) => of(option, ({ point }) => point[option])),
    of("seed", ({ seed }) => seed),
    of("state", ({ state }) => state),
    of("value", (record) => (isScored(record) ? record.value : undefined)),
    ...(plan.work.kind === "train"
      ? [
          of("epochs", (record) => (isScored(record) ? record.epochs : undefined)),
          of("selected_epoch", (record) => (isScored(record) ? record.selectedEpoch : undefined)),
          ...tests.map((name) => of(`test_${name}`, (record) => (isScored(record) ? record.test?.[name] : undefined))),
        ]
      : []),
    of("seconds", (record) => (isScored(record) ? record.seconds : undefined)),
    of("error", (record) => (record.state === "failed" ? record.error : undefined)),
  ];
}

/** The command that trains a point again, with its first seed. */
export const commandOf = ({ work }: SweepPlan, { point, seed }: Pick<TrialRecord, "point" | "seed">): string =>
  `npx heaviside train ${Object.entries({ ...(work.kind === "train" && work.base), ...point, seed: String(seed) })
    .map(([option, value]) => (value === "true" ? flagName(option) : `${flagName(option)} ${shellWord(value)}`))
    .join(" ")}`;
