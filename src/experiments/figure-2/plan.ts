import { UserError } from "../../errors.ts";
import { checkNumber } from "../../rules.ts";
import { beatRows, paperRows, type RowName } from "./rows.ts";

/** Everything that decides what `heaviside reproduce figure-2` computes. */
export interface Plan {
  readonly rows: readonly RowName[];
  readonly seeds: number;
  /** Epochs of every final training, the same for all rows. */
  readonly epochs: number;
  /** Epochs of each training that chooses a setting; 0: each row's first setting is taken. */
  readonly tuningEpochs: number;
  /** Train on the first so many training examples; on all when left out. */
  readonly limit?: number | undefined;
}

/** Settings are chosen with this seed, which no result is from; those of the results are 1, 2, … */
export const TUNING_SEED = 1000;

/** The default: about an hour and a half on one idle core with AVX-512. */
export const standardPlan: Plan = { rows: paperRows, seeds: 5, epochs: 20, tuningEpochs: 4 };

/** About two minutes: few examples, few epochs, the rows' first settings. What it shows is that everything runs. */
export const quickPlan: Plan = { ...standardPlan, seeds: 2, epochs: 3, tuningEpochs: 0, limit: 5000 };

/** What the command line can change. */
export interface Changes {
  readonly seeds?: number | undefined;
  readonly epochs?: number | undefined;
  readonly limit?: number | undefined;
  /** Names, as they were given; the paper's seven when left out. */
  readonly rows?: string | undefined;
  /** The rows beyond the paper's. */
  readonly beat?: boolean | undefined;
}

/** A plan with changes. Throws UserError for a number out of its range and a row that doesn't exist. */
export function changed(plan: Plan, { seeds = plan.seeds, epochs, limit = plan.limit, rows, beat }: Changes): Plan {
  checkNumber("reproduce figure-2: --seeds", seeds, { whole: true, atLeast: 1, atMost: TUNING_SEED - 1 });
  checkNumber("reproduce figure-2: --epochs", epochs ?? 1, { whole: true, atLeast: 1, atMost: 10_000 });
  if (limit !== undefined) checkNumber("reproduce figure-2: --limit", limit, { whole: true, atLeast: 1 });
  const usual = beat ? beatRows : plan.rows;
  return {
    rows: rows === undefined ? usual : named(rows),
    seeds,
    epochs: epochs ?? plan.epochs,
    tuningEpochs: Math.min(plan.tuningEpochs, epochs ?? plan.epochs),
    ...(limit !== undefined && { limit }),
  };
}

function named(text: string): RowName[] {
  const all: readonly string[] = [...paperRows, ...beatRows];
  const names = text.split(",").map((name) => name.trim());
  for (const name of names)
    if (!all.includes(name))
      throw new UserError(`reproduce figure-2: --rows must be some of ${all.join(", ")}, received "${name}"`);
  return [...new Set(names)] as RowName[];
}
