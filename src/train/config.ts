import { augmentationFamily, parseAugmentations } from "../data/augment/index.ts";
import { clipOptions, optimizers, schedules, weightDecays } from "../optimizers/config.ts";
import {
  choice,
  type Given,
  group,
  list,
  namesOf,
  number,
  readOptions,
  spec,
  type Values,
  whole,
} from "../options/index.ts";
import { type Mistake, received } from "../options/mistakes.ts";
import type { Reading } from "../options/read.ts";
import { numberOrText, parsePairs, parseSpec, tagged } from "../options/text.ts";
import { weightNoises } from "./weight-noise/config.ts";

/** The first weights' decay as it is typed: 1e-4 for L2, decoupled:rate=0.01. */
const parseDecay = (typed: string): unknown =>
  typed.includes(":") ? tagged(parseSpec(typed), "kind") : { kind: "l2", rate: numberOrText(typed) };
const parseClip = (typed: string): unknown => (typed.includes("=") ? parsePairs(typed) : { norm: numberOrText(typed) });

/** How a model is trained: everything that decides the numbers, apart from the model and the data. */
export const trainingOptions = {
  epochs: whole(1, "passes over the training examples", {
    flag: "--epochs <n>",
    usual: "10",
    instead: "steps",
    mayChange: true,
  }),
  /** In place of epochs. */
  steps: whole(1, "length of the training in steps, in place of epochs", {
    flag: "--steps <n>",
    instead: "epochs",
    mayChange: true,
  }),
  /** Examples in a mini-batch; the last one of an epoch may be smaller. */
  batch: whole(1, "examples in a mini-batch", { default: 100, flag: "--batch <n>" }),
  optimizer: spec(optimizers, namesOf(optimizers).join(", "), {
    default: { name: "momentum", rate: 0.1 },
    flagUsual: "momentum",
    flag: "--optimizer <name>",
  }),
  schedule: spec(schedules, "factor on the rate over time", {
    default: { name: "constant" },
    flag: "--schedule <name>",
  }),
  weightDecay: spec(weightDecays, "of matrices, as L2; decoupled:rate=0.01", {
    flag: "--weight-decay <number>",
    usual: "none",
    parse: parseDecay,
  }),
  /** Enforced after each step, or after every `maxNormEvery`-th. */
  maxNorm: number({ above: 0 }, "largest norm of a unit's weights", { flag: "--max-norm <number>", usual: "none" }),
  /** It reads and writes all weights, as much as a small batch's step does. */
  maxNormEvery: whole(1, "steps between two enforcements of it", { flag: "--max-norm-every <n>", usual: "1" }),
  clip: group(clipOptions, "clip the gradient's norm; value=1,norm=5", {
    flag: "--clip <number>",
    usual: "none",
    parse: parseClip,
  }),
  /** The other values are made larger to keep their mean. */
  inputDropout: number({ atLeast: 0, below: 1 }, "share of inputs that are 0 in a step", {
    flag: "--input-dropout <share>",
    usual: "none",
  }),
  /** One after the other, for training examples alone. */
  augment: list(spec(augmentationFamily, "a change"), 'changes of images, as "shift:2 flip"', {
    flag: "--augment <list>",
    usual: "none",
    parse: parseAugmentations,
  }),
  /** Off at validation and at test. */
  weightNoise: spec(weightNoises, "noise in the weights: fixed, learned", {
    flag: "--weight-noise <name>",
    usual: "none",
  }),
  seed: whole({ atLeast: 0, below: 2 ** 32 }, "decides every random number", { default: 1, flag: "--seed <n>" }),
  /** Stop after this many validations in a row without a better one. */
  patience: whole(1, "stop after n validations without a gain", {
    flag: "--patience <n>",
    usual: "never",
    mayChange: true,
  }),
  /** Both early stopping and the selection of the best go by validations. */
  validateEvery: whole(1, "steps between two validations", { flag: "--validate-every <n>", usual: "an epoch" }),
  /** The mean of each sample's scores. */
  samples: whole(1, "noise samples of the stochastic readout", { default: 1, flag: "--samples <n>", mayChange: true }),
  /** The test set decides nothing: also after every validation is for curves. */
  test: choice(["end", "epoch"], "when the test set is read: end, epoch", {
    default: "end",
    flag: "--test <when>",
    mayChange: true,
  }),
};

/** How a model is trained, as JSON. One of `epochs` and `steps` is given. */
export type TrainingConfig = Values<typeof trainingOptions>;
export type GivenTraining = Given<typeof trainingOptions>;

/** Epochs where neither they nor steps are given. */
export const EPOCHS = 10;

/** A training config with every default in its place. What is wrong with it is added to `mistakes`. */
export function readTraining(given: unknown, mistakes: Mistake[], reading: Omit<Reading, "fill"> = {}): TrainingConfig {
  const { path = [] } = reading;
  const before = mistakes.length;
  const values = readOptions(trainingOptions, given, mistakes, { ...reading, fill: true });
  const { steps, maxNorm, maxNormEvery } = values;
  if (mistakes.length === before && maxNormEvery !== undefined && maxNorm === undefined)
    mistakes.push({ path: [...path, "maxNormEvery"], text: received("needs maxNorm", maxNormEvery) });
  if (steps !== undefined && values.epochs !== undefined)
    mistakes.push({ path: [...path, "steps"], text: received("stands in place of epochs: give one of them", steps) });
  const length = steps === undefined && values.epochs === undefined ? { epochs: EPOCHS } : {};
  return { ...length, ...values } as unknown as TrainingConfig;
}

/** The defaults of a training. */
export const trainingDefaults = readTraining({}, []);
