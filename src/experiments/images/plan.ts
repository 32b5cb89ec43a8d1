import { inputAndClasses, type LabelledDataset } from "../../data/dataset.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { classes as classesHead } from "../../models/heads/classes.ts";
import type { Classifier } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import type { StageSpec } from "../../models/stage.ts";
import { conv } from "../../models/stages/conv.ts";
import { dense } from "../../models/stages/dense.ts";
import { dropout } from "../../models/stages/dropout.ts";
import { gatedConv } from "../../models/stages/gated-conv.ts";
import { normalise } from "../../models/stages/normalise.ts";
import { pool } from "../../models/stages/pool.ts";
import type { TrainingConfig } from "../../train/index.ts";

/** What is compared: ordinary units, units that fire or stay silent, and ordinary units half of whose groups of channels are closed. */
export const arms = ["rectifiers", "binary units", "half closed"] as const;
export type Arm = (typeof arms)[number];

/** Everything that decides the results, as JSON. */
export interface ImagesPlan {
  readonly data: readonly string[];
  readonly arms: readonly Arm[];
  readonly seeds: number;
  readonly epochs: number;
  readonly batch: number;
  /** Features of the first block's convolutions; the second's have twice as many. */
  readonly features: number;
  /** Groups of features behind gates. */
  readonly blocks: number;
  /** Train on the first `limit` training examples (default: all). */
  readonly limit?: number | undefined;
}

export const imagesPlan: ImagesPlan = {
  data: ["mnist", "fashion-mnist"],
  ...{ arms, seeds: 3, epochs: 20, batch: 100, features: 32, blocks: 8 },
};

/** A first answer: fewer examples, epochs and seeds. It shows what the command does, and no result. */
export const quickImagesPlan: ImagesPlan = { ...imagesPlan, data: ["mnist"], seeds: 1, epochs: 2, limit: 5000 };

/** Labels whose images mean the same mirrored. */
const mirrored = ["fashion-mnist"];

/** How a network is trained: alike in all arms. */
export const trainingOf = ({ epochs, batch }: ImagesPlan, data: string, seed: number): Partial<TrainingConfig> => ({
  ...{ epochs, batch, seed, optimizer: { name: "adam", rate: 0.002 }, schedule: { name: "cosine" } },
  augment: [{ name: "shift", pixels: 2 }, ...(mirrored.includes(data) ? [{ name: "flip" } as const] : [])],
});

/** Two blocks of two normalised convolutions of 3 × 3 taps and a pooling, and a dense layer. */
export function netOf(arm: Arm, { features, blocks }: ImagesPlan, data: LabelledDataset): Classifier {
  const { input, classes } = inputAndClasses(data);
  const estimator: EstimatorConfig = arm === "binary units" ? "straight-through-slope" : "rectifier";
  const plain = (count: number): StageSpec[] => [conv({ features: count, bias: false }), normalise({ estimator })];
  const gated = (count: number): StageSpec[] => [gatedConv({ features: count, blocks, ...gates(blocks) }), normalise()];
  const block = (count: number): StageSpec[] => [
    ...plain(count),
    ...(arm === "half closed" ? gated(count) : plain(count)),
    ...[pool(), dropout({ rate: 0.25 })],
  ];
  return network({
    ...{ name: "images", input, head: classesHead(classes) },
    stages: [...block(features), ...block(2 * features), dense({ units: 256, estimator }), dropout(), dense({})],
  });
}

/** Half of the gates are open: those with the largest scores, balanced over a batch. */
const gates = (blocks: number) => ({
  gater: { name: "dense", hidden: [] } as const,
  gate: { name: "top-k", k: blocks / 2, value: "softmax" } as const,
  sparsity: { name: "balance", target: 0.5 } as const,
  gain: blocks / 2,
});
