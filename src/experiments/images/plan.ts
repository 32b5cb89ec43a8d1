import { inputAndClasses, type LabelledDataset } from "../../data/dataset.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { DRAWN_GAIN } from "../../models/convolutional.ts";
import { classes as classesHead } from "../../models/heads/classes.ts";
import type { Classifier } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import type { StageSpec } from "../../models/stage.ts";
import { conv } from "../../models/stages/conv.ts";
import { dense } from "../../models/stages/dense.ts";
import { dropout } from "../../models/stages/dropout.ts";
import { gatedConv } from "../../models/stages/gated-conv.ts";
import { type NormaliseOptions, normalise } from "../../models/stages/normalise.ts";
import { pool } from "../../models/stages/pool.ts";
import type { TrainingConfig } from "../../train/index.ts";

/** Ordinary units; units that fire or stay silent; ordinary units half of whose groups of channels are closed, and half as many channels without gates. */
const usualArms = ["rectifiers", "binary units", "half closed", "half as wide"] as const;

/**
 * What may be compared: the usual networks, and what makes binary units train. They fire before the largest of a pooling is taken, or have a first scale
 * of 1 behind a normalisation in place of `DRAWN_GAIN`.
 */
export const arms = [...usualArms, "binary before pooling", "binary with scale 1"] as const;
export type Arm = (typeof arms)[number];

/** Everything that decides the results, as JSON. */
export interface ImagesPlan {
  readonly data: readonly string[];
  readonly arms: readonly Arm[];
  readonly seeds: number;
  readonly epochs: number;
  readonly batch: number;
  /** Features of the first convolution; the second has twice as many. */
  readonly features: number;
  /** Groups of features behind gates. */
  readonly blocks: number;
  /** Train on the first `limit` training examples (default: all). */
  readonly limit?: number | undefined;
}

export const imagesPlan: ImagesPlan = {
  data: ["mnist", "fashion-mnist"],
  ...{ arms: usualArms, seeds: 3, epochs: 20, batch: 100, features: 32, blocks: 8 },
};

/** A first answer: fewer examples, epochs and seeds. It shows what the command does, and no result. */
export const quickImagesPlan: ImagesPlan = { ...imagesPlan, data: ["mnist"], seeds: 1, epochs: 2, limit: 5000 };

/** Labels whose images mean the same mirrored. */
const mirrored = ["fashion-mnist"];

export const optimizer = { name: "adam", rate: 0.003 } as const;

/** How a network is trained: alike in all arms. */
export const trainingOf = ({ epochs, batch }: ImagesPlan, data: string, seed: number): Partial<TrainingConfig> => ({
  ...{ epochs, batch, seed, optimizer, schedule: { name: "cosine" } },
  augment: [{ name: "shift", pixels: 2 }, ...(mirrored.includes(data) ? [{ name: "flip" } as const] : [])],
});

/** The networks of an arm: two convolutions of 5 × 5 taps, each pooled and normalised, and 256 dense units. */
export function netOf(arm: Arm, plan: ImagesPlan, data: LabelledDataset): Classifier {
  const { input, classes } = inputAndClasses(data);
  const features = arm === "half as wide" ? plan.features / 2 : plan.features;
  const isBinary = arm.startsWith("binary");
  const estimator: EstimatorConfig = isBinary ? "straight-through-slope" : "rectifier";
  const units = { estimator, ...(isBinary && arm !== "binary with scale 1" && { gain: DRAWN_GAIN }) };
  const block = (count: number): StageSpec[] =>
    arm === "half closed" ? halfClosed(count, plan) : convolved(count, units, arm === "binary before pooling");
  // Units that fire by chance need no further noise.
  const dropped = (rate: number): StageSpec[] => (isBinary ? [] : [dropout({ rate })]);
  return network({
    ...{ name: "images", input, head: classesHead(classes) },
    stages: [
      ...[...block(features), ...block(2 * features), ...dropped(0.25)],
      ...[dense({ units: 256 }), normalise(units), ...dropped(0.5), dense({})],
    ],
  });
}

const convolved = (features: number, units: NormaliseOptions, isBefore: boolean): StageSpec[] => {
  const stages = isBefore ? [normalise(units), pool()] : [pool(), normalise(units)];
  return [conv({ features, size: 5, bias: false }), ...stages];
};

/** Half of the gates are open: those with the largest scores, balanced over a batch. The next convolution doesn't read what is closed. */
const halfClosed = (features: number, { blocks }: ImagesPlan): StageSpec[] => [
  gatedConv({ features, size: 5, blocks, normalise: true, ...gates(blocks) }),
  pool(),
];

const gates = (blocks: number) => ({
  gater: { name: "dense", hidden: [] } as const,
  gate: { name: "top-k", k: blocks / 2, value: "softmax" } as const,
  sparsity: { name: "balance", target: 0.5 } as const,
});
