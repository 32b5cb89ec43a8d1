import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor } from "../estimators/index.ts";
import type { Shape } from "../graph/index.ts";
import { checkKeys, checkNumber } from "../rules.ts";
import { stageFrom } from "./from-config.ts";
import { classes as classesHead } from "./heads/classes.ts";
import type { Classifier } from "./model.ts";
import { network } from "./network.ts";
import type { StageSpec } from "./stage.ts";
import type { InnerStageConfig, StageConfig } from "./stage-options.ts";
import { dense } from "./stages/dense.ts";

/** What every convolutional network is made from. */
export interface ConvNetworkOptions {
  /** [rows, columns] or [rows, columns, channels] of one image. */
  readonly input: Shape;
  /** C: classes to tell apart. */
  readonly classes: number;
  /** How the units of all stages fire and are trained through, but for stages that name one of their own. */
  readonly estimator: EstimatorConfig | Estimator;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged (default: 1). */
  readonly trainingSamples?: number | undefined;
  /** Whether gradients compute groups of stages again: less memory at the peak of a step, more time (default: false). */
  readonly recompute?: boolean | undefined;
}

/** A small VGG: blocks of two convolutions and a pooling. */
export interface VggOptions extends ConvNetworkOptions {
  /** Features of the first block's convolutions; each block has twice as many as the one before (default: 32). */
  readonly features?: number | undefined;
  /** Blocks (default: 3). */
  readonly depth?: number | undefined;
}

/** A ResNet for small images: three groups of residual blocks. */
export interface ResnetOptions extends ConvNetworkOptions {
  /** Features of the first group; each has twice as many as the one before (default: 16). */
  readonly features?: number | undefined;
  /** Residual blocks of a group, of two convolutions each (default: 1). */
  readonly depth?: number | undefined;
  /**
   * Stochastic depth: the chance, a share of 1, with which an image takes the last residual block in training. Block l of L has 1 − l/L · (1 − keep)
   * (default: 1). Huang, Sun, Liu, Sedra and Weinberger 2016, https://arxiv.org/abs/1603.09382.
   */
  readonly keep?: number | undefined;
}

type Listed = readonly StageConfig[];

/** The stages of the network of two convolutions that tutorials use, normalised: units that fire by chance train sooner. */
export const tutorialStages: Listed = [
  { kind: "conv", features: 32, size: 5, bias: false },
  { kind: "pool" },
  { kind: "normalise" },
  { kind: "conv", features: 64, size: 5, bias: false },
  { kind: "pool" },
  { kind: "normalise" },
  { kind: "dense", units: 256 },
  { kind: "normalise" },
];

const lenetStages: Listed = [
  { kind: "conv", features: 6, size: 5 },
  { kind: "pool" },
  { kind: "conv", features: 16, size: 5, padding: "valid" },
  { kind: "pool" },
  { kind: "dense", units: 120 },
  { kind: "dense", units: 84 },
];

const normalised = (features: number, stride = 1): StageConfig[] => [
  { kind: "conv", features, bias: false, ...(stride > 1 && { stride }) },
  { kind: "normalise" },
];

function vggStages({ features: first = 32, depth = 3 }: Pick<VggOptions, "features" | "depth">): Listed {
  checkNumber("vgg: features", first, { whole: true, atLeast: 1 });
  checkNumber("vgg: depth", depth, { whole: true, atLeast: 1, atMost: 10 });
  const convolutions = Array.from({ length: depth }, (_, i): StageConfig[] => {
    const features = first * 2 ** i;
    return [...normalised(features), ...normalised(features), { kind: "pool" }, { kind: "dropout", rate: 0.25 }];
  });
  return [...convolutions.flat(), { kind: "dense", units: 256 }, { kind: "normalise" }, { kind: "dropout" }];
}

function resnetStages({
  features: first = 16,
  depth = 1,
  keep = 1,
}: Pick<ResnetOptions, "features" | "depth" | "keep">): Listed {
  checkNumber("resnet: features", first, { whole: true, atLeast: 1 });
  checkNumber("resnet: depth", depth, { whole: true, atLeast: 1, atMost: 100 });
  checkNumber("resnet: keep", keep, { above: 0, atMost: 1 });
  const groups = [1, 2, 4].flatMap((times, group) =>
    Array.from({ length: depth }, (_, i): StageConfig => {
      const stride = group > 0 && i === 0 ? 2 : 1;
      const stages = [...normalised(first * times, stride), ...normalised(first * times)];
      const before = group * depth + i + 1;
      const own = keep < 1 && { keep: 1 - (before / (3 * depth)) * (1 - keep) };
      return { kind: "residual", stages: stages as readonly InnerStageConfig[], ...own };
    }),
  );
  return [...normalised(first), ...groups, { kind: "global-pool" }];
}

/** The stages of the networks that have a name, as configs without estimators. */
export const namedStages = {
  lenet: (_: object): Listed => lenetStages,
  vgg: vggStages,
  resnet: resnetStages,
} as const;

/** Maps that have units. */
const maps: readonly string[] = ["conv", "dense", "residual"];

/** Whether a stage stands between a map and its units. A maximum over units that fire by chance would nearly always be 1. */
const isBeforeUnits = (stage: StageConfig | undefined): boolean =>
  stage?.kind === "normalise" || (stage?.kind === "pool" && stage.reduce !== "mean");

/** The first scale of normalisations before units that draw noise: of 1, nearly all of their chances to fire would lie between 0.1 and 0.9. */
export const DRAWN_GAIN = 3;

/**
 * The stages with units for each affine map that has none of its own. They stand behind the normalisation and the largest of a pooling that follow the
 * map, and those of the last map in a residual stage behind the sum. Units that draw noise stand behind a normalisation with a first scale of `DRAWN_GAIN`,
 * unless it says another one; where a map has none, it is put there: without one, convolutions of such units are slow to begin.
 */
export const withEstimator = (stages: Listed, estimator: EstimatorConfig | Estimator): object[] =>
  eachWithEstimator(stages, estimator).flat();

/** The same, of each stage that was written. */
function eachWithEstimator(stages: Listed, estimator: EstimatorConfig | Estimator, within = false): object[][] {
  const { stochastic } = estimatorFor(estimator).unit;
  let open = false;
  let isNormalised = false;
  return stages.map((stage, i) => {
    const next = stages[i + 1];
    const inside = stage.kind === "residual" && { stages: eachWithEstimator(stage.stages, estimator, true).flat() };
    const own = "estimator" in stage;
    const begins = maps.includes(stage.kind);
    open = !own && (begins || stage.kind === "normalise" || (open && isBeforeUnits(stage)));
    // What a residual stage adds up is normalised in it.
    isNormalised = stage.kind === "normalise" || stage.kind === "residual" || (!begins && isNormalised);
    const gain = open && stochastic && stage.kind === "normalise" && { gain: DRAWN_GAIN };
    const ends = within && next === undefined;
    const units = open && !isBeforeUnits(next) && !ends && { estimator };
    const given = { ...gain, ...stage, ...inside };
    const isLacking = open && stochastic && !isNormalised && (units || ends);
    if (units) open = false;
    return isLacking ? [given, { kind: "normalise", gain: DRAWN_GAIN, ...units }] : [{ ...given, ...units }];
  });
}

/** The same as stages, and an affine map into what the head reads. Throws UserError for a last stage that is that map. */
export function convStages(stages: Listed, estimator: EstimatorConfig | Estimator, name: string): StageSpec[] {
  const last = stages.at(-1);
  if (last?.kind === "dense" && last.units === undefined)
    throw new UserError(
      `${name}: stages[${stages.length - 1}]: ${name} adds the output layer itself: leave out the last dense, or say how many units it shall have`,
    );
  const built = eachWithEstimator(stages, estimator).flatMap((made, i) =>
    made.map((stage) => stageFrom(stage, {}, `${name}: stages[${i}]`)),
  );
  return [...built, dense({ name: "output" })];
}

function made(name: string, stages: Listed, options: ConvNetworkOptions, own: readonly string[] = []): Classifier {
  checkKeys(name, options, ["input", "classes", "estimator", "trainingSamples", "recompute", ...own]);
  const { input, classes, estimator, trainingSamples, recompute } = options;
  return network({
    ...{ name, input, trainingSamples, recompute, stages: convStages(stages, estimator, name) },
    head: classesHead(classes, { subject: `${name}: classes` }),
  });
}

/**
 * A network like LeNet-5: convolutions of 5 × 5 taps with 6 and 16 features, a pooling behind each, and dense layers of 120 and 84 units, each normalised
 * where units draw. LeCun, Bottou, Bengio and Haffner 1998. Throws UserError for an option that isn't as it must be.
 *
 *     lenet({ input: [28, 28], classes: 10, estimator: "straight-through-slope" })
 */
export const lenet = (options: ConvNetworkOptions): Classifier => made("lenet", namedStages.lenet(options), options);

/**
 * A small VGG: blocks of two normalised convolutions of 3 × 3 taps and a pooling, each with twice the features of the one before, dropout, and a
 * normalised dense layer of 256 units. Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556. Throws UserError for an option that isn't as it must be.
 */
export const vgg = (options: VggOptions): Classifier =>
  made("vgg", namedStages.vgg(options), options, ["features", "depth"]);

/**
 * A ResNet of 6·depth + 2 layers for small images: three groups of residual blocks with normalised convolutions of 3 × 3 taps, the later two of which
 * halve the image, and the mean of each channel. He, Zhang, Ren and Sun 2015, https://arxiv.org/abs/1512.03385. Throws UserError for an option that isn't
 * as it must be.
 */
export const resnet = (options: ResnetOptions): Classifier =>
  made("resnet", namedStages.resnet(options), options, ["features", "depth", "keep"]);
