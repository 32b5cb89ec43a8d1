import { flagName } from "../../config/index.ts";
import { count } from "../../describe/format.ts";
import { counted } from "../../rules.ts";
import { type SweepPlan, trialOf, trialsIn } from "./plan.ts";
import { scoreOf, type TrialRecord } from "./scheduling.ts";
import type { Scored } from "./trial.ts";

type ScoredRecord = TrialRecord & Scored;

/** What the trials of a sweep come to. */
export interface Ranking {
  readonly plan: SweepPlan;
  /** The last record of each trial that was begun, by its number. */
  readonly trials: readonly TrialRecord[];
  /** Those with a score: the ones that came farthest first, and of these the best. */
  readonly ranked: readonly ScoredRecord[];
  readonly failed: readonly TrialRecord[];
}

const isScored = (record: TrialRecord): record is ScoredRecord => record.state !== "failed";

/** The ranking of records, which come by trial and rung. */
export function rankingOf(plan: SweepPlan, records: readonly TrialRecord[]): Ranking {
  const trials = [...new Map(records.map((record) => [record.trial, record])).values()].sort(
    (a, b) => a.trial - b.trial,
  );
  const ranked = trials
    .filter(isScored)
    .sort((a, b) => b.rung - a.rung || compared(scoreOf(a), scoreOf(b)) || a.trial - b.trial);
  return { plan, trials, ranked, failed: trials.filter((record) => !isScored(record)) };
}

/** A score that is no number comes last. */
const compared = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;

/** A trial's value in its unit. */
export const said = ({ value, unit }: Pick<Scored, "value" | "unit">): string =>
  unit === "%"
    ? `${value.toFixed(2)} %`
    : `${Number.isFinite(value) ? value.toPrecision(4) : value}${unit === "" ? "" : ` ${unit}`}`;

/** What was found, in a sentence or a few. */
export function findings({ plan, trials, ranked, failed }: Ranking): string[] {
  const best = ranked[0];
  const failures =
    failed.length === 0
      ? []
      : [`${counted(failed.length, "trial")} failed; the first, trial ${failed[0]!.trial}: ${errorOf(failed[0]!)}`];
  if (!best) return [`None of the ${trials.length} trials has a score.`, ...failures];
  const { metric, better, name, test, trial, by, unit } = best;
  const tested = test?.[by];
  const of = plan.work.kind === "train" ? `validation ${metric}` : metric;
  return [
    `The ${better === "lower" ? "lowest" : "highest"} ${of} of ${count(trials.length)} ${trials.length === 1 ? "trial" : "trials"} is ${said(best)}: ${name} (trial ${trial}).`,
    ...(tested === undefined ? [] : [`Its test ${metric}, which chose nothing, is ${said({ value: tested, unit })}.`]),
    ...(trials.length < 2 || plan.work.kind !== "train"
      ? []
      : [
          `The best of many trials is better by chance, too: an experiment over several seeds says by how much it is ahead.`,
        ]),
    ...(plan.halving ? [rungsOf(plan, trials)] : []),
    ...failures,
  ];
}

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

/** Rows of the best trials, the head first. */
export function tableOf({ plan, ranked }: Ranking, most: number): string[][] {
  const options = Object.keys(plan.space);
  const first = ranked[0];
  const head = [
    "trial",
    ...options,
    ...(plan.seeds.length > 1 ? ["seed"] : []),
    first?.metric ?? "value",
    ...(plan.work.kind === "train" ? ["epochs"] : []),
  ];
  const rows = ranked
    .slice(0, most)
    .map((record) => [
      String(record.trial),
      ...options.map((option) => record.point[option]!),
      ...(plan.seeds.length > 1 ? [String(record.seed)] : []),
      said(record),
      ...(plan.work.kind === "train" ? [String(record.epochs)] : []),
    ]);
  return [head, ...rows];
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

/** The command that trains a trial again. */
export const commandOf = ({ work }: SweepPlan, { point, seed }: TrialRecord): string =>
  `npx heaviside train ${Object.entries({ ...(work.kind === "train" && work.base), ...point, seed: String(seed) })
    .map(([option, value]) => (value === "true" ? flagName(option) : `${flagName(option)} ${quoted(value)}`))
    .join(" ")}`;

const quoted = (text: string): string => (/^[\w.,:=+/-]+$/.test(text) ? text : JSON.stringify(text));
