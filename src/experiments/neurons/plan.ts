import { nameOf, type Problem } from "./problems.ts";
import { type VariantName, variantNames } from "./variants.ts";

/** Everything that decides the results, as JSON. */
export interface NeuronsPlan {
  readonly problems: readonly Problem[];
  readonly variants: readonly VariantName[];
  /** The number of the seeds of the results, the same for all. */
  readonly seeds: number;
  /** Adam's rates that each variant chooses from for each problem. */
  readonly rates: readonly number[];
  /** The largest norm of a gradient. */
  readonly clip: number;
  /** Variants whose units are looked at after they have learned the first problem. */
  readonly traced: readonly VariantName[];
}

const adding = { task: "adding", units: 64, batch: 32, steps: 3000, validateEvery: 200, held: 1000 } as const;
const copy = { task: "copy", units: 128, batch: 32, steps: 4000, validateEvery: 400, held: 500 } as const;
const parity = { task: "parity", units: 64, batch: 32, steps: 3000, validateEvery: 200, held: 1000 } as const;

/**
 * Adding and copy with several lengths, parity, and images by row.
 *
 * Adam, and gradients clipped to a norm of 1: Pascanu, Mikolov and Bengio 2013, https://arxiv.org/abs/1211.5063. The tasks as in Le, Jaitly and
 * Hinton 2015, https://arxiv.org/abs/1504.00941 (adding) and Arjovsky, Shah and Bengio 2016, https://arxiv.org/abs/1511.06464 (copy), the latter with
 * 128 units as in Tallec and Ollivier 2018, https://arxiv.org/abs/1804.11188. Copy after 100 steps is learned slowly by every cell: errors still
 * fall after 5,000 steps.
 */
export const neuronsPlan: NeuronsPlan = {
  problems: [
    { ...adding, length: 50, steps: 2000 },
    { ...adding, length: 100 },
    { ...adding, length: 200, steps: 5000, validateEvery: 250 },
    { ...copy, length: 30 },
    { ...copy, length: 100, steps: 10_000, validateEvery: 500 },
    { ...parity, length: 20 },
    { ...parity, length: 50 },
    { task: "sequential-mnist", units: 128, batch: 100, steps: 2500, validateEvery: 250, held: 0 },
  ],
  variants: variantNames,
  seeds: 5,
  rates: [0.002, 0.005],
  clip: 1,
  traced: ["leaky-fixed", "leaky-modulated", "lstm", "janet", "lif", "lif-modulated"],
};

/** All variants on short sequences, each with one rate: it shows what the command does, and no result. */
export const quickNeuronsPlan: NeuronsPlan = {
  ...neuronsPlan,
  problems: [
    { ...adding, length: 20, units: 32, steps: 600, validateEvery: 100, held: 200 },
    { ...parity, length: 8, units: 32, steps: 600, validateEvery: 100, held: 200 },
  ],
  seeds: 2,
  rates: [0.01],
};

/** What the command line can change. */
export interface Changes {
  readonly tasks?: readonly string[] | undefined;
  readonly cells?: readonly VariantName[] | undefined;
  readonly seeds?: number | undefined;
  readonly longest?: number | undefined;
}

/** A plan with fewer or other parts. */
export function changed(plan: NeuronsPlan, { tasks, cells, seeds, longest }: Changes): NeuronsPlan {
  const problems = plan.problems.filter(
    ({ task, length = 0 }) => (tasks?.includes(task) ?? true) && (longest === undefined || length <= longest),
  );
  const chosen = cells ?? plan.variants;
  return { ...plan, problems, variants: chosen, seeds: seeds ?? plan.seeds };
}

/** The problem after which units are looked at: the shortest of adding, whose marked steps are known. */
export const tracedProblem = ({ problems }: NeuronsPlan): Problem | undefined =>
  problems.find(({ task }) => task === "adding");

export const problemNames = ({ problems }: NeuronsPlan): string[] => problems.map(nameOf);
