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

/** How the networks of a data set are made and trained. */
export interface ImagesSetting {
  /** Taps of a convolution along a side. */
  readonly size: number;
  /** Features of the first convolution; the second has twice as many. */
  readonly features: number;
  /** Dense units behind them. */
  readonly hidden: number;
  readonly epochs: number;
  /** By how many pixels an image is shifted at most, and whether it means the same mirrored. */
  readonly shift: number;
  readonly mirrored: boolean;
}

/** Everything that decides the results, as JSON. */
export interface ImagesPlan {
  readonly data: readonly string[];
  readonly arms: readonly Arm[];
  readonly seeds: number;
  /** Epochs of each training (default: the setting's). */
  readonly epochs?: number | undefined;
  readonly batch: number;
  /** Of data sets by their names, and of all others. Clothes differ in finer parts than digits do. */
  readonly settings: { readonly others: ImagesSetting; readonly [data: string]: ImagesSetting };
  /** Groups of features behind gates. */
  readonly blocks: number;
  /** Train on the first `limit` training examples (default: all). */
  readonly limit?: number | undefined;
}

export const imagesPlan: ImagesPlan = {
  data: ["mnist", "fashion-mnist"],
  ...{ arms: usualArms, seeds: 3, batch: 100, blocks: 8 },
  settings: {
    others: { size: 5, features: 32, hidden: 256, epochs: 20, shift: 2, mirrored: false },
    "fashion-mnist": { size: 3, features: 64, hidden: 512, epochs: 12, shift: 1, mirrored: true },
  },
};

export const settingOf = ({ settings, epochs }: ImagesPlan, data: string): ImagesSetting => {
  const setting = settings[data] ?? settings.others;
  return { ...setting, epochs: epochs ?? setting.epochs };
};

/** A first answer: fewer examples, epochs and seeds. It shows what the command does, and no result. */
export const quickImagesPlan: ImagesPlan = { ...imagesPlan, data: ["mnist"], seeds: 1, epochs: 2, limit: 5000 };

export const optimizer = { name: "adam", rate: 0.003 } as const;

/** How a network is trained: alike in all arms. */
export function trainingOf(plan: ImagesPlan, data: string, seed: number): Partial<TrainingConfig> {
  const { epochs, shift, mirrored } = settingOf(plan, data);
  return {
    ...{ epochs, batch: plan.batch, seed, optimizer, schedule: { name: "cosine" } },
    augment: [{ name: "shift", pixels: shift }, ...(mirrored ? [{ name: "flip" } as const] : [])],
  };
}

/** The networks of an arm: two convolutions, each pooled and normalised, and dense units. */
export function netOf(arm: Arm, plan: ImagesPlan, name: string, data: LabelledDataset): Classifier {
  const { input, classes } = inputAndClasses(data);
  const { hidden, ...setting } = settingOf(plan, name);
  const { size } = setting;
  const features = arm === "half as wide" ? setting.features / 2 : setting.features;
  const isBinary = arm.startsWith("binary");
  const estimator: EstimatorConfig = isBinary ? "straight-through-slope" : "rectifier";
  const units = { estimator, ...(isBinary && arm !== "binary with scale 1" && { gain: DRAWN_GAIN }) };
  const block = (count: number): StageSpec[] =>
    arm === "half closed"
      ? halfClosed({ features: count, size }, plan)
      : convolved({ features: count, size }, units, arm === "binary before pooling");
  // Units that fire by chance need no further noise.
  const dropped = (rate: number): StageSpec[] => (isBinary ? [] : [dropout({ rate })]);
  return network({
    ...{ name: "images", input, head: classesHead(classes) },
    stages: [
      ...[...block(features), ...block(2 * features), ...dropped(0.25)],
      ...[dense({ units: hidden }), normalise(units), ...dropped(0.5), dense({})],
    ],
  });
}

type Convolved = Pick<ImagesSetting, "features" | "size">;

const convolved = (sizes: Convolved, units: NormaliseOptions, isBefore: boolean): StageSpec[] => {
  const stages = isBefore ? [normalise(units), pool()] : [pool(), normalise(units)];
  return [conv({ ...sizes, bias: false }), ...stages];
};

/** Half of the gates are open: those with the largest scores, balanced over a batch. The next convolution doesn't read what is closed. */
const halfClosed = (sizes: Convolved, { blocks }: ImagesPlan): StageSpec[] => [
  gatedConv({ ...sizes, blocks, normalise: true, ...gates(blocks) }),
  pool(),
];

const gates = (blocks: number) => ({
  gater: { name: "dense", hidden: [] } as const,
  gate: { name: "top-k", k: blocks / 2, value: "softmax" } as const,
  sparsity: { name: "balance", target: 0.5 } as const,
});
