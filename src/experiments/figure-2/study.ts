import type { Dataset } from "../../data/dataset.ts";
import { best, comparisonTasks, TUNING_SEED } from "../engine/comparison.ts";
import type { Task } from "../engine/tasks.ts";
import type { Study } from "../experiment.ts";
import type { Plan } from "./plan.ts";
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

/** What the tasks need of a study. */
type Surroundings = Pick<Study<unknown, unknown, TrialRecord>, "backend" | "signal" | "done">;

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
  return { setting: best([...settings.keys()], (setting) => tried[setting]!), tried };
}

/**
 * All trainings of a plan: first each row's settings with the seed that only chooses, then all rows with seed 1, all with seed 2, …
 * A task rejects with the signal's reason when it is aborted.
 */
export function tasks(plan: Plan, data: Dataset, { backend, signal, done }: Surroundings): Task<TrialRecord>[] {
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
  return comparisonTasks<RowName, number, TrialRecord>({
    variants: plan.rows,
    candidates: (row) => (plan.tuningEpochs === 0 ? [] : [...rowNamed(row).settings.keys()]),
    tuningSeeds: [TUNING_SEED],
    seeds: plan.seeds,
    tuning: (row, setting, seed) => task(row, seed, () => setting),
    final: (row, seed) => task(row, seed, () => chosenSetting([...done.values()], row, plan).setting),
  });
}
