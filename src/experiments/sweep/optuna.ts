import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Dimension } from "../../compare/index.ts";
import { UserError } from "../../errors.ts";
import { readText, writeAtomically } from "../../runs/index.ts";
import { mean, variance } from "../../statistics/sample.ts";
import { RECORDS } from "../engine/records.ts";
import { type SweepPlan, trialOf } from "./plan.ts";
import { isAveraged, rankingOf } from "./ranking.ts";
import type { TrialRecord } from "./scheduling.ts";
import type { Point } from "./space.ts";
import { type Part, type StoredSweep, sweepIn } from "./stored.ts";
import { historyIn, type Scored, type Validation } from "./trial.ts";

/** What a line of Optuna's journal says (`JournalOperation` in optuna/storages/journal/_storage.py, the same from 3.1 to 4). */
const operation = { createStudy: 0, setStudyAttribute: 2, createTrial: 4 } as const;
const direction = { lower: 1, higher: 2 } as const;
const state = { done: 1, paused: 2, failed: 3 } as const;

/** Who writes: none of Optuna's processes. */
const WRITER = { worker_id: "heaviside" };

/**
 * Writes a sweep as a journal that Optuna's JournalStorage reads and continues: a study with the sweep's space and the trials that have
 * ended. A trial that was stopped early is a pruned one. Seeds of one point are one trial of Optuna's, with their mean.
 * @returns the study's name and its number of Optuna's trials
 * @throws UserError where the folder has no sweep or no trial with a score, and where the file is there
 */
export async function writeOptuna(
  folder: string,
  file: string,
): Promise<{ readonly study: string; readonly trials: number }> {
  const sweep = await sweepIn("sweep optuna", folder);
  if ((await readText(file)) !== undefined)
    throw new UserError(
      `sweep optuna: ${file} is there, and Optuna may have added trials to it: delete it, or give another file with --out`,
    );
  const lines = await journalOf(sweep);
  await writeAtomically(file, lines.map((line) => `${pythonJson(line)}\n`).join(""));
  const { plan, records } = sweep;
  return { study: plan.name, trials: pointsOf(plan, rankingOf(plan, records).trials).length };
}

/** The lines of a journal. Throws UserError where no trial says which scores are better. */
export async function journalOf(sweep: StoredSweep): Promise<object[]> {
  const { plan, records, parts } = sweep;
  const { trials, ranked } = rankingOf(plan, records);
  const [best] = ranked;
  if (!best) throw new UserError("sweep optuna: no trial has a score yet, which would say what Optuna is to optimise");
  const attributes = {
    question: plan.question,
    metric: best.by,
    ...(plan.work.kind === "train" && { base: plan.work.base }),
  };
  const places = await Promise.all(parts.map(async (part) => ({ part, ended: await endOf(part) })));
  const lines: object[] = [
    { op_code: operation.createStudy, ...WRITER, study_name: plan.name, directions: [direction[best.better]] },
    ...Object.entries(attributes).map(([key, value]) => ({
      ...{ op_code: operation.setStudyAttribute, ...WRITER, study_id: 0, user_attr: { [key]: value } },
    })),
  ];
  const distributions = Object.fromEntries(
    Object.entries(plan.space).map(([option, dimension]) => [option, JSON.stringify(distributionOf(dimension))]),
  );
  const placeOf = ({ trial }: TrialRecord) => places.find(({ part: { shard } }) => !shard || trial % shard.of === shard.index)!; // biome-ignore format: one line
  const told = async (record: TrialRecord): Promise<Told> => {
    const { id } = trialOf(plan, record.trial);
    const place = placeOf(record);
    return {
      ...{ ended: place.ended, seconds: record.state === "failed" ? 0 : record.seconds },
      ...{ result: await resultOf(record, records, join(place.part.folder, "trials", id)) },
      attributes: { trial: record.trial, id, seed: record.seed, ...said(record) },
    };
  };
  for (const point of pointsOf(plan, trials)) {
    const all = await Promise.all(point.map(told));
    const { result, ended, seconds, attributes } = isAveraged(plan) ? together(point[0]!.trial % plan.points, all) : all[0]!; // biome-ignore format: one line
    lines.push({
      ...{ op_code: operation.createTrial, ...WRITER, study_id: 0, distributions },
      params: paramsOf(plan.space, point[0]!.point),
      ...{ ...result, ...timesOf(seconds, ended), values: null, system_attrs: {}, user_attrs: attributes },
    });
  }
  return lines;
}

/** What a journal says of a trial: Optuna's, of a point. */
interface Told {
  readonly result: Result;
  /** When it ended, in milliseconds since 1970, and how long it took. */
  readonly ended: number;
  readonly seconds: number;
  /** What only a user reads. */
  readonly attributes: object;
}

interface Result {
  readonly state: number;
  readonly value: number | null;
  readonly intermediate_values: { readonly [epoch: string]: number };
}

/** The trials of each point, in the order of points; each trial by itself where points have one seed. */
function pointsOf(plan: SweepPlan, trials: readonly TrialRecord[]): TrialRecord[][] {
  const points = new Map<number, TrialRecord[]>();
  for (const record of trials) {
    const number = record.trial % plan.points;
    points.set(number, [...(points.get(number) ?? []), record]);
  }
  return [...points].sort(([a], [b]) => a - b).map(([, own]) => own);
}

/** The seeds of a point as one trial: the means of those with a score. */
function together(point: number, all: readonly Told[]): Told {
  const done = all.filter(({ result }) => result.value !== null);
  const values = done.map(({ result }) => result.value!);
  const ways = done.map(({ result }) => result.intermediate_values);
  const epochs = Object.keys(ways[0] ?? {}).filter((epoch) => ways.every((way) => way[epoch] !== undefined));
  return {
    result: {
      state: done.length === 0 ? state.failed : state.done,
      value: done.length === 0 ? null : mean(values),
      intermediate_values: Object.fromEntries(epochs.map((epoch) => [epoch, mean(ways.map((way) => way[epoch]!))])),
    },
    ended: Math.max(...all.map(({ ended }) => ended)),
    seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
    attributes: {
      ...{ point, seeds: done.length },
      ...(done.length > 1 && { standard_deviation: Math.sqrt(variance(values)) }),
      trials: all.map(({ attributes }) => attributes),
    },
  };
}

/** What only a user reads. */
const said = (record: TrialRecord): object =>
  record.state === "failed"
    ? { error: record.error }
    : { seconds: record.seconds, ...(record.epochs !== undefined && { epochs: record.epochs }), ...testOf(record) };

const testOf = ({ test }: Scored): object =>
  Object.fromEntries(Object.entries(test ?? {}).map(([metric, value]) => [`test_${metric}`, value]));

/** State, score and scores on the way. */
async function resultOf(record: TrialRecord, records: readonly TrialRecord[], folder: string): Promise<Result> {
  if (record.state === "failed") return { state: state.failed, value: null, intermediate_values: {} };
  return {
    state: state[record.state],
    value: record.value,
    intermediate_values: Object.fromEntries(await onTheWay(record, records, folder)),
  };
}

/** Epochs with their scores: of each, where the trial's folder is there; otherwise of each rung that it reached. */
async function onTheWay(
  record: Scored & TrialRecord,
  records: readonly TrialRecord[],
  folder: string,
): Promise<(readonly [epoch: number, value: number])[]> {
  const history = record.epochs === undefined ? [] : await historyIn(folder);
  const readout = readoutOf(record, history);
  if (readout !== undefined) {
    const within = history.filter(({ epoch }) => epoch <= record.epochs!);
    return within.map(({ epoch, valid }) => [epoch, valid[readout][record.by]!]);
  }
  return records.flatMap((one) =>
    one.trial === record.trial && one.state !== "failed" && one.epochs !== undefined
      ? [[one.epochs, one.value] as const]
      : [],
  );
}

/** Which of a network's outputs the score was computed from: the one with this value. */
function readoutOf({ by, value, selectedEpoch }: Scored, history: readonly Validation[]) {
  const selected = history.find(({ epoch }) => epoch === selectedEpoch)?.valid;
  if (!selected) return undefined;
  const names = Object.keys(selected) as (keyof typeof selected)[];
  return names.find((name) => Object.is(selected[name][by], value));
}

/** Optuna's distribution of an option. */
function distributionOf(dimension: Dimension): object {
  if (!("from" in dimension)) return { name: "CategoricalDistribution", attributes: { choices: dimension } };
  const { from: low, to: high, log = false, whole = false } = dimension;
  return whole
    ? { name: "IntDistribution", attributes: { log, step: 1, low, high } }
    : { name: "FloatDistribution", attributes: { step: null, low, high, log } };
}

/** A point as Optuna keeps it: numbers, and of a list the place. */
const paramsOf = (space: { readonly [option: string]: Dimension }, point: Point): object =>
  Object.fromEntries(
    Object.entries(space).map(([option, dimension]) => [
      option,
      "from" in dimension ? Number(point[option]) : dimension.findIndex((value) => String(value) === point[option]),
    ]),
  );

/** When the last record of a part was written. */
const endOf = async ({ folder }: Part): Promise<number> => (await stat(join(folder, RECORDS))).mtimeMs;

/** Records have durations but no dates: all trials end with the last record. */
function timesOf(seconds: number, ended: number): object {
  return { datetime_start: localTime(ended - 1000 * seconds), datetime_complete: localTime(ended) };
}

/** As Python writes a local time: "2026-01-31T12:00:00.000000". */
const localTime = (ms: number): string =>
  `${new Date(ms - 60_000 * new Date(ms).getTimezoneOffset()).toISOString().slice(0, -1)}000`;

/** JSON as Python reads it, with the numbers that JSON has no word for. */
const pythonJson = (value: object): string =>
  JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? `\0${v}` : v)).replaceAll(
    /"\\u0000(NaN|-?Infinity)"/g,
    "$1",
  );
