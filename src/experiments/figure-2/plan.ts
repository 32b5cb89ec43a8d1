import { beatRows, paperRows, type RowName } from "./rows.ts";

/** Everything that decides what `heaviside experiment figure-2` computes. */
export interface Plan {
  readonly rows: readonly RowName[];
  readonly seeds: number;
  /** Epochs of every final training, the same for all rows. */
  readonly epochs: number;
  /** Epochs of each training that chooses a setting; 0: each row's first setting is taken. */
  readonly tuningEpochs: number;
  /** How many training examples to train on, from the first; default: all. */
  readonly limit?: number | undefined;
}

/** The default: about an hour and a half on one idle core with AVX-512. */
export const standardPlan: Plan = { rows: paperRows, seeds: 5, epochs: 20, tuningEpochs: 4 };

/** About two minutes: few examples, few epochs, the rows' first settings. What it shows is that everything runs. */
export const quickPlan: Plan = { ...standardPlan, seeds: 2, epochs: 3, tuningEpochs: 0, limit: 5000 };

/** What the command line can change. */
export interface Changes {
  readonly seeds?: number | undefined;
  readonly epochs?: number | undefined;
  readonly limit?: number | undefined;
  /** (Default: the paper's seven.) */
  readonly rows?: readonly RowName[] | undefined;
  /** The rows beyond the paper's. */
  readonly beat?: boolean | undefined;
}

/** A plan with changes. */
export function changed(plan: Plan, { seeds, epochs, limit = plan.limit, rows, beat }: Changes): Plan {
  return {
    rows: rows ?? (beat ? beatRows : plan.rows),
    seeds: seeds ?? plan.seeds,
    epochs: epochs ?? plan.epochs,
    tuningEpochs: Math.min(plan.tuningEpochs, epochs ?? plan.epochs),
    ...(limit !== undefined && { limit }),
  };
}
