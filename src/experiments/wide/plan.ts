import { inputAndClasses, type LabelledDataset } from "../../data/dataset.ts";
import { gatedMlp } from "../../models/gated-mlp.ts";
import { mlp } from "../../models/mlp.ts";
import type { Classifier } from "../../models/model.ts";
import type { TrainingConfig } from "../../train/index.ts";

/**
 * What is compared: a network that computes a few of its blocks for each example, one with as many units that computes all, and the first
 * trained for twice the epochs, which is still the quicker training.
 */
export type Arm = "gated" | "dense" | "gated, twice the epochs";
/** Those that choose a learning rate; the third has the first one's. */
export const tuned = ["gated", "dense"] as const satisfies readonly Arm[];
export const armsOn = ({ longer }: Pick<WidePlan, "longer">, data: string): readonly Arm[] =>
  longer.includes(data) ? [...tuned, "gated, twice the epochs"] : tuned;

/** Everything that decides the results, as JSON. */
export interface WidePlan {
  readonly data: readonly string[];
  /** Rectifiers that come first; blocks and gater read them. */
  readonly trunk: number;
  /** Blocks of `width` rectifiers each, of which `open` are computed for an example. */
  readonly blocks: number;
  readonly width: number;
  readonly open: number;
  /** Factor on the range of the first weights that blocks output through: the open ones' softmax weights are small. */
  readonly gain: number;
  readonly epochs: number;
  /** Data sets on which the gated network is trained for twice the epochs too. */
  readonly longer: readonly string[];
  readonly batch: number;
  /** Learning rates that each arm chooses from on validation data, in trainings on the first `chosenOn` training examples. */
  readonly rates: readonly number[];
  readonly chosenOn: number;
  /** Train on the first `limit` training examples (default: all). */
  readonly limit?: number | undefined;
  readonly seeds: number;
  /** Where and at which batch sizes the two are timed. */
  readonly backends: readonly string[];
  readonly batches: readonly number[];
  readonly rounds: number;
  /** How long each is repeated for in a round: long enough for a busy machine to treat both alike. */
  readonly seconds: number;
}

export const widePlan: WidePlan = {
  data: ["mnist", "fashion-mnist"],
  ...{ trunk: 256, blocks: 128, width: 64, open: 6, gain: 10 },
  longer: ["fashion-mnist"],
  ...{ epochs: 6, batch: 128, rates: [0.1, 0.2], chosenOn: 10_000, seeds: 3 },
  ...{ backends: ["native", "wasm"], batches: [1, 32, 128, 256], rounds: 11, seconds: 0.3 },
};

/** A first answer: fewer units, examples and seeds. It shows what the command does, and no result. */
export const quickWidePlan: WidePlan = {
  ...widePlan,
  ...{
    data: ["mnist"],
    blocks: 64,
    open: 4,
    epochs: 2,
    rates: [0.1],
    limit: 10_000,
    seeds: 1,
    rounds: 5,
    seconds: 0.1,
  },
};

/** How a network is trained: alike in all arms, but for the rate and, in one, the epochs. */
export const trainingOf = (
  { epochs, batch }: WidePlan,
  arm: Arm,
  rate: number,
  seed: number,
): Partial<TrainingConfig> => ({
  ...{
    epochs: arm === "gated, twice the epochs" ? 2 * epochs : epochs,
    batch,
    seed,
    optimizer: { name: "momentum", rate },
    schedule: { name: "cosine" },
  },
});

/**
 * A network of an arm: 784 → trunk → blocks · width → 10, where the gated one keeps the blocks of its `open` largest scores,
 * balanced by biases that take part in the choice alone.
 */
export function netOf(arm: Arm, { trunk, blocks, width, open, gain }: WidePlan, data: LabelledDataset): Classifier {
  const { input, classes } = inputAndClasses(data);
  const first = { units: trunk, estimator: "rectifier" } as const;
  if (arm === "dense")
    return mlp({ input, classes, hidden: [first, { units: blocks * width, estimator: "rectifier" }] });
  const gater = { name: "dense", hidden: [], gain: 1 } as const;
  const gate = { name: "top-k", k: open, value: "softmax" } as const;
  const sparsity = { name: "balance", target: open / blocks } as const;
  return gatedMlp({
    ...{ input, classes, trunk: [first] },
    gated: [{ blocks, width, activation: "rectifier", gater, gate, gain, sparsity }],
  });
}
