import type { Precision } from "../backends/precision.ts";
import type { BackendName } from "../backends/select.ts";
import type { HiddenConfig } from "../models/mlp.ts";
import type { GatedConfig } from "../models/stages/gated/config.ts";
import type { ClipConfig, GroupedOptimizerConfig, ScheduleConfig, WeightDecayConfig } from "../optimizers/config.ts";

/** How a model is trained, as JSON: everything that decides the numbers, apart from the model and the data. */
export interface TrainingConfig {
  readonly epochs: number;
  /** Training steps in all, in place of epochs. */
  readonly steps?: number | undefined;
  /** Steps between two validations (default: those of an epoch). */
  readonly validateEvery?: number | undefined;
  /** Examples in a mini-batch; the last one of an epoch may be smaller. */
  readonly batch: number;
  readonly optimizer: GroupedOptimizerConfig;
  readonly schedule: ScheduleConfig;
  readonly weightDecay?: WeightDecayConfig | undefined;
  /** Largest norm of a unit's incoming weights, enforced after each step, or after every `maxNormEvery`-th. */
  readonly maxNorm?: number | undefined;
  /** Steps between two enforcements of maxNorm: it reads and writes all weights, as much as a small batch's step does. 1 when left out. */
  readonly maxNormEvery?: number | undefined;
  readonly clip?: ClipConfig | undefined;
  /** Share of an example's input values that are 0 in a training step, the others made larger to keep their mean; none when left out. */
  readonly inputDropout?: number | undefined;
  readonly seed: number;
  /** Stop after this many epochs in a row without a lower validation error; never when left out. */
  readonly patience?: number | undefined;
  /** Noise samples that the stochastic readout is averaged over: the mean of each sample's NLL and error. */
  readonly samples: number;
  /** Whether the test set is read once, for the selected epoch, or also after every epoch (for curves; it decides nothing). */
  readonly test: "end" | "epoch";
}

/** The models that a config can name. */
export const modelNames = ["mlp", "gated-mlp"] as const;
type ModelName = (typeof modelNames)[number];

/** A whole run, as JSON: what the command line resolves its flags and files to, and what a run folder keeps. */
export interface TrainConfig extends TrainingConfig {
  /** Name of a data set. */
  readonly data: string;
  readonly dataDir?: string | undefined;
  /** Use only the first `limit` training examples. */
  readonly limit?: number | undefined;
  readonly model: ModelName;
  /** Hidden layers; of a gated-mlp those before its gates, none when left out. */
  readonly hidden: readonly HiddenConfig[];
  /** A gated-mlp's layers of gated blocks; the paper's one when left out. */
  readonly gated?: readonly GatedConfig[] | undefined;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged; 1 when left out. */
  readonly trainingSamples?: number | undefined;
  readonly backend: BackendName;
  readonly threads?: number | undefined;
  /** What the operands of large matrix products are rounded to; "float32" when left out. Only the native backend has others. */
  readonly precision?: Precision | undefined;
  /** The run folder; nothing is written when left out. */
  readonly out?: string | undefined;
}

export const trainingDefaults = {
  epochs: 10,
  batch: 100,
  optimizer: { name: "momentum", rate: 0.1 },
  schedule: { name: "constant" },
  seed: 1,
  samples: 1,
  test: "end",
} as const satisfies TrainingConfig;

/** What a gated-mlp is made of when nothing is said: the net of Bengio, Léonard and Courville 2013. */
export const gatedDefaults = {
  hidden: [],
  gated: [
    {
      blocks: 2000,
      gater: { name: "dense", hidden: 400 },
      gate: "straight-through",
      sparsity: { name: "kl", target: 0.1, weight: 0.001 },
    },
  ],
} as const satisfies Partial<TrainConfig>;

export const trainDefaults = {
  ...trainingDefaults,
  data: "mnist",
  model: "mlp",
  hidden: [{ units: 400, estimator: "straight-through-slope" }],
  backend: "auto",
} as const satisfies TrainConfig;
