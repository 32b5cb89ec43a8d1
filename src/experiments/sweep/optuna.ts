import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Dimension } from "../../compare/index.ts";
import { UserError } from "../../errors.ts";
import { readText, writeAtomically } from "../../runs/index.ts";
import { RECORDS } from "../engine/records.ts";
import { trialOf } from "./plan.ts";
import { rankingOf } from "./ranking.ts";
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
 * ended. A trial that was stopped early is a pruned one, and a score that is no number a failure, as Optuna has it.
 * @returns the study's name and its number of trials
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
  return { study: sweep.plan.name, trials: rankingOf(sweep.plan, sweep.records).trials.length };
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
  for (const record of trials) {
    const place = places.find(({ part: { shard } }) => !shard || record.trial % shard.of === shard.index)!;
    const { id } = trialOf(plan, record.trial);
    lines.push({
      ...{ op_code: operation.createTrial, ...WRITER, study_id: 0, distributions },
      params: paramsOf(plan.space, record.point),
      ...(await resultOf(record, records, join(place.part.folder, "trials", id))),
      ...timesOf(record, place.ended),
      ...{ values: null, system_attrs: {} },
      user_attrs: { trial: record.trial, id, seed: record.seed, ...said(record) },
    });
  }
  return lines;
}

/** What only a user reads. */
const said = (record: TrialRecord): object =>
  record.state === "failed"
    ? { error: record.error }
    : { seconds: record.seconds, ...(record.epochs !== undefined && { epochs: record.epochs }), ...testOf(record) };

const testOf = ({ test }: Scored): object =>
  Object.fromEntries(Object.entries(test ?? {}).map(([metric, value]) => [`test_${metric}`, value]));

/** State, score and scores on the way. */
async function resultOf(record: TrialRecord, records: readonly TrialRecord[], folder: string): Promise<object> {
  if (record.state === "failed") return { state: state.failed, value: null, intermediate_values: {} };
  const isNumber = !Number.isNaN(record.value);
  return {
    state: isNumber ? state[record.state] : state.failed,
    value: isNumber ? record.value : null,
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
function timesOf(record: TrialRecord, ended: number): object {
  const seconds = record.state === "failed" ? 0 : record.seconds;
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
