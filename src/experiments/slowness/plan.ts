import { UserError } from "../../errors.ts";
import type { ArmName } from "./arms.ts";

/** One comparison: a network, the arms that train it, and the rates that each of them may choose from. */
export interface Part {
  readonly hidden: readonly number[];
  readonly arms: readonly ArmName[];
  /** Learning rates tried by every arm. */
  readonly rates: readonly number[];
  /** Trials of each rate, with seeds from TUNING_SEED on: as many for every arm. */
  readonly tuning: number;
  readonly epochs: number;
  /** How many training examples to train on, from the first. */
  readonly limit: number;
  /** What chooses the rate, on the validation set: the loss that training minimises, or the readout's error. */
  readonly choose: "nll" | "error";
}

export const partNames = ["small", "large", "regulariser"] as const;
export type PartName = (typeof partNames)[number];

/** Everything that decides what `heaviside experiment slowness` computes. */
export interface Plan {
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly seeds: number;
  readonly batch: number;
  readonly momentum: number;
  /** Scores along a trial. */
  readonly points: number;
  /** Training examples that they are taken on. */
  readonly scored: number;
  /** Samples that a score averages over where the units can't be enumerated. */
  readonly samples: number;
  readonly form: {
    /** Hidden layers of the networks whose noise is looked at: the large one, and a deep one. */
    readonly networks: readonly (readonly number[])[];
    /** When it is looked at, as shares of the training. */
    readonly at: readonly number[];
    readonly repeats: number;
    readonly examples: number;
    readonly level: number;
  };
}

/**
 * The default. The grids are the same for all arms of a part, and wide enough that no arm of the default run chooses an end. Momentum and mini-batch are those of the first look.
 */
export const standardPlan: Plan = {
  parts: {
    small: {
      hidden: [8],
      arms: ["sigmoid", "sigmoidNoise", "exact", "exactNoise", "expected", "k16", "k4", "k1", "threshold"],
      rates: [0.02, 0.06, 0.15, 0.4, 1],
      tuning: 2,
      epochs: 3,
      limit: 50_000,
      choose: "nll",
    },
    large: {
      hidden: [200],
      arms: ["sigmoid", "sigmoidNoise", "k16", "k4", "k1", "unbiased", "antithetic", "threshold"],
      rates: [0.03, 0.1, 0.3, 1],
      tuning: 1,
      epochs: 4,
      limit: 50_000,
      choose: "nll",
    },
    regulariser: {
      hidden: [400],
      arms: ["sigmoid", "sigmoidNoise", "k1", "threshold"],
      rates: [0.03, 0.1, 0.3, 1],
      tuning: 1,
      epochs: 30,
      limit: 10_000,
      choose: "error",
    },
  },
  seeds: 5,
  batch: 100,
  momentum: 0.9,
  points: 24,
  scored: 4000,
  samples: 10,
  form: { networks: [[200], [100, 100, 100]], at: [0, 0.1, 1], repeats: 400, examples: 100, level: 0.05 },
};

const { small, large, regulariser } = standardPlan.parts;

/** About a minute: fewer seeds, rates and steps. Its intervals are wide. */
export const quickPlan: Plan = {
  ...standardPlan,
  parts: {
    small: { ...small, rates: [0.15, 0.4], tuning: 1, epochs: 1 },
    large: { ...large, arms: ["sigmoid", "sigmoidNoise", "k16", "k1", "threshold"], rates: [0.1, 0.3], epochs: 1 },
    regulariser: { ...regulariser, hidden: [100], rates: [0.1, 0.3], epochs: 10, limit: 5000 },
  },
  seeds: 3,
  points: 16,
  scored: 2000,
  form: { ...standardPlan.form, at: [0, 1], repeats: 200, examples: 50 },
};

/** What the command line can change. */
export interface Changes {
  readonly seeds?: number | undefined;
  /** Of the comparisons on all examples; the regulariser's network trains for its own multiple. */
  readonly epochs?: number | undefined;
  /** Of the large network. */
  readonly units?: number | undefined;
  readonly limit?: number | undefined;
}

/** A plan with changes. */
export function changed(plan: Plan, { seeds = plan.seeds, epochs, units, limit }: Changes): Plan {
  const factor = epochs === undefined ? 1 : epochs / plan.parts.large.epochs;
  const part = (p: Part): Part => ({ ...p, limit: Math.min(p.limit, limit ?? p.limit) });
  return {
    ...plan,
    seeds,
    parts: {
      small: part({ ...plan.parts.small, epochs: epochs ?? plan.parts.small.epochs }),
      large: part({
        ...plan.parts.large,
        epochs: epochs ?? plan.parts.large.epochs,
        hidden: units === undefined ? plan.parts.large.hidden : [units],
      }),
      regulariser: part({
        ...plan.parts.regulariser,
        epochs: Math.max(1, Math.round(plan.parts.regulariser.epochs * factor)),
      }),
    },
    form: {
      ...plan.form,
      networks: units === undefined ? plan.form.networks : [[units], ...plan.form.networks.slice(1)],
    },
  };
}

/** Throws UserError where the data can't be cut into at least one mini-batch. */
export function checkFits({ parts, batch }: Plan, examples: number): void {
  for (const name of partNames) {
    const size = Math.min(parts[name].limit, examples);
    if (size < batch)
      throw new UserError(`slowness: needs at least one mini-batch of ${batch} training examples, received ${size}`);
  }
}
