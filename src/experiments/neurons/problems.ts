import type { TrainingData } from "../../data/index.ts";
import type { DataConfig } from "../../data/options.ts";
import type { ModelConfig } from "../../models/options.ts";
import { READOUT, type VariantName, variants } from "./variants.ts";

export const taskNames = ["adding", "copy", "parity", "sequential-mnist"] as const;
export type TaskName = (typeof taskNames)[number];

/** A task of one length, and how long all variants train on it. */
export interface Problem {
  readonly task: TaskName;
  /** Steps of a sequence; of copy, the steps from the symbols to their copy. Images have as many as they have rows. */
  readonly length?: number;
  /** Units of each cell. */
  readonly units: number;
  readonly batch: number;
  /** Steps of a training, and between two validations. */
  readonly steps: number;
  readonly validateEvery: number;
  /** Drawn examples to validate and to test. */
  readonly held: number;
}

/** What a task's error is, and that of an answer which looks at nothing. */
interface Task {
  readonly metric: "mse" | "nll" | "error";
  /** In words, with its unit. */
  readonly measures: string;
  baseline(length: number): number;
  /** What that answer is, after the task's name. */
  readonly guess: string;
  /** Steps of a sequence. */
  steps(length: number): number;
}

const tasks: { readonly [N in TaskName]: Task } = {
  adding: {
    metric: "mse",
    measures: "mean squared error",
    baseline: () => 1 / 6,
    guess: "Adding: the answer 1, an error of 1/6.",
    steps: (length) => length,
  },
  copy: {
    metric: "nll",
    measures: "cross-entropy of a step, nats",
    baseline: (length) => (10 * Math.log(8)) / (length + 20),
    guess: "Copy: blanks, then a guess, 10 ln 8 / (T + 20).",
    steps: (length) => length + 20,
  },
  // The first bit is its own parity.
  parity: {
    metric: "nll",
    measures: "cross-entropy of a step, nats",
    baseline: (length) => (Math.LN2 * (length - 1)) / length,
    guess: "Parity: a guess at each bit but the first.",
    steps: (length) => length,
  },
  "sequential-mnist": {
    metric: "error",
    measures: "wrong classes, %",
    baseline: () => 90,
    guess: "Images: one class for all, 90% wrong.",
    steps: () => IMAGE_ROWS,
  },
};

const IMAGE_ROWS = 28;

/** The share of the baseline's error at which a problem counts as solved. */
export const SOLVED = 0.1;

export const nameOf = ({ task, length }: Pick<Problem, "task" | "length">): string =>
  length === undefined ? "mnist by row" : `${task} ${length}`;

/** What the trivial baselines of these problems are, a sentence for each task. */
export const guessesOf = (problems: readonly Pick<Problem, "task">[]): string[] =>
  taskNames.filter((name) => problems.some(({ task }) => task === name)).map((name) => tasks[name].guess);

export const measureOf = ({ task, length = 0 }: Pick<Problem, "task" | "length">) => {
  const { metric, measures, baseline, steps } = tasks[task];
  return { metric, measures, baseline: baseline(length), steps: steps(length) };
};

/** Its data, as a config says it. Drawn examples are the same for all variants, seeds of the training decide the training examples. */
export const dataOf = ({ task, length, held }: Problem, dir: string | undefined): DataConfig =>
  task === "sequential-mnist"
    ? { name: task, by: "row", ...(dir !== undefined && { dir }) }
    : ({ name: task, length, valid: held, test: held } as DataConfig);

/**
 * The network: the cell, and an affine map of its outputs, at each step where the task asks at each. Between spikes and the map stand leaky units that
 * don't spike, as many as the map has outputs.
 */
export function modelOf(variant: VariantName, problem: Problem, data: Pick<TrainingData, "fields">): ModelConfig {
  const { cell, spikes } = variants[variant];
  const { units } = problem;
  const own = cell(measureOf(problem).steps);
  if (!spikes) return { name: "recurrent", cell: own, units } as ModelConfig;
  const { label } = data.fields;
  const outputs = label?.classes?.length ?? 1;
  const readout = { name: "leaky", recurrent: false, activation: "linear", tau: READOUT } as const;
  const perStep = (label?.shape.length ?? 0) > 0;
  return {
    name: "network",
    stages: [
      { kind: "recurrent", cell: own, units, output: "sequence" },
      { kind: "recurrent", cell: readout, units: outputs, output: perStep ? "sequence" : "last", name: "readout" },
      // After the last step alone, the network ends in its map by itself.
      ...(perStep ? [{ kind: "per-step" }] : []),
    ],
  } as ModelConfig;
}
