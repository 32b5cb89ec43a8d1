import type { Backend } from "../../backends/backend.ts";
import type { LabelledDataset } from "../../data/dataset.ts";
import { runTasks, type Task, type TaskOptions } from "../tasks.ts";
import { type Plan, TUNING_SEED } from "./plan.ts";
import { type RowName, rowNamed } from "./rows.ts";
import { type Outcome, trial } from "./trial.ts";

/** A training that is done. */
export interface TrialRecord {
  readonly row: RowName;
  /** Index of the row's setting. */
  readonly setting: number;
  /** TUNING_SEED for those that choose the setting. */
  readonly seed: number;
  readonly outcome: Outcome;
}

export interface StudyOptions extends TaskOptions<TrialRecord> {
  readonly backend: Backend;
  readonly signal?: AbortSignal | undefined;
}

/** The setting with the lowest validation error in its tuning run (the first of equals), and those errors. */
export function chosenSetting(
  records: readonly TrialRecord[],
  row: RowName,
  { tuningEpochs }: Pick<Plan, "tuningEpochs">,
): { setting: number; tried: readonly number[] } {
  if (tuningEpochs === 0) return { setting: 0, tried: [] };
  const { settings } = rowNamed(row);
  const tried = settings.map((_, setting) => {
    const found = records.find((r) => r.row === row && r.setting === setting && r.seed === TUNING_SEED);
    return found?.outcome.valid.error ?? Number.POSITIVE_INFINITY;
  });
  return { setting: Math.max(0, tried.indexOf(Math.min(...tried))), tried };
}

/**
 * Trains everything that the plan asks for and that isn't known yet: first each row's settings with the seed that only chooses, then
 * all rows with seed 1, all with seed 2, … Rejects with the signal's reason when it is aborted.
 */
export function study(
  plan: Plan,
  data: LabelledDataset,
  { backend, signal, ...options }: StudyOptions,
): Promise<TrialRecord[]> {
  const done = new Map<string, TrialRecord>();
  const task = (row: RowName, seed: number, chosen: () => number): Task<TrialRecord> => {
    const tuning = seed === TUNING_SEED;
    const epochs = tuning ? plan.tuningEpochs : plan.epochs;
    const { title, settings, work } = rowNamed(row);
    const total = epochs * work;
    return {
      id: `${row}/${seed}${tuning ? `/${chosen()}` : ""}`,
      work: total,
      title: tuning ? `${title}, ${settings[chosen()]!.label}` : `${title}, seed ${seed}`,
      async run(onWork) {
        const setting = chosen();
        const outcome = await trial(settings[setting]!.recipe, data, {
          epochs,
          seed,
          test: !tuning,
          backend,
          signal,
          onProgress: (share) => onWork(share * total),
        });
        return { row, setting, seed, outcome };
      },
    };
  };
  const tuning = plan.rows.flatMap((row) =>
    plan.tuningEpochs === 0 ? [] : rowNamed(row).settings.map((_, setting) => task(row, TUNING_SEED, () => setting)),
  );
  const finals = Array.from({ length: plan.seeds }, (_, i) =>
    plan.rows.map((row) => task(row, i + 1, () => chosenSetting([...done.values()], row, plan).setting)),
  );
  return runTasks([...tuning, ...finals.flat()], done, options);
}
