import { cellFamily } from "../cells/index.ts";
import { type EstimatorConfig, estimatorOption } from "../estimators/index.ts";
import { sparsityFamily } from "../gating/sparsity/index.ts";
import { activation, activationNames } from "../layers/activations.ts";
import { gainRule } from "../layers/affine.ts";
import { codingFamily } from "../layers/codings.ts";
import { gaterFamily } from "../layers/gaters/index.ts";
import {
  boolean,
  choice,
  type Family,
  family,
  type ListOption,
  list,
  type Members,
  namesOf,
  number,
  type SpecOf,
  spec,
  text,
  whole,
} from "../options/index.ts";
import { droppedAlone } from "./stages/dropout.ts";
import type { GatedConfig } from "./stages/gated/config.ts";
import { normalisations } from "./stages/normalise.ts";
import { reductions } from "./stages/over-time.ts";
import { poolings } from "./stages/pool.ts";
import { recurrentDirections, recurrentOutputs } from "./stages/recurrent.ts";

const units = whole(1, "units of the hidden layers, such as 400,400", {
  required: true,
  flag: "--hidden <sizes>",
  flagUsual: "400",
});
export const gain = number(gainRule, "factor on the range of the first weights", {
  flag: "--gain <factors>",
  usual: "1",
});

/** A hidden layer: an affine map into units that an estimator trains through. */
export const denseOptions = {
  units,
  estimator: estimatorOption("one for all layers or each; see heaviside estimators", {
    required: true,
    flag: "--estimator <names>",
  }),
  gain,
};

/** A layer of blocks behind gates. */
export const gatedOptions = {
  /** K: blocks, each with a gate of its own. */
  blocks: whole(1, "blocks with a gate of their own", {
    required: true,
    flag: "--blocks <n>",
    flagUsual: "2000",
  }),
  /** S: units of a block. */
  width: whole(1, "units of a block", { flag: "--width <n>", usual: "1" }),
  activation: activation(activationNames.join(", "), { flag: "--activation <name>", usual: "linear" }),
  /** 1 suits gates near 1 and all of them open; few open gates, or gates that share a weight of 1, want more. */
  gain: number(gainRule, "factor on the range of blocks' output weights", {
    flag: "--block-gain <factor>",
    usual: "1",
  }),
  /** Needed in all but the last layer, which outputs class scores. */
  output: whole(1, "units that the layer outputs", { usual: "class scores, in the last" }),
  gater: spec(gaterFamily, namesOf(gaterFamily).join(", "), { flag: "--gater <name>", usual: "dense:hidden=400" }),
  /** How the gates decide and how the gater learns from it. */
  gate: estimatorOption("any estimator", {
    required: true,
    flag: "--gate <name>",
    flagUsual: "straight-through",
  }),
  /** Adam, which divides by the gradient's size, undoes it. */
  gaterRate: number({ atLeast: 0 }, "factor on the gater's gradient", { flag: "--gater-rate <factor>", usual: "1" }),
  /** What brings the share of open gates to its target; several work together. */
  sparsity: list(spec(sparsityFamily, "a control"), "controls, or none", {
    single: true,
    flag: "--sparsity <names>",
    usual: "none",
    flagUsual: "kl:target=0.1,weight=0.001",
  }),
  /** The threshold of the deterministic readout is fitted to it. */
  open: number({ above: 0, atMost: 1 }, "share of gates open at test", {
    flag: "--open <share>",
    usual: "sparsity's target, or as when sampling",
    flagUsual: "sparsity's target",
  }),
};

export const cell = spec(cellFamily, "cell of each layer; see heaviside cells", { flag: "--cell <name>" });
export const cellUnits = whole(1, "units of a recurrent cell", { flag: "--units <n>" });

/** A cell along sequences. */
export const recurrentOptions = {
  direction: choice(recurrentDirections, recurrentDirections.join(", "), {
    flag: "--direction <name>",
    usual: "forward",
  }),
  lengths: text("the field of the data with the sequences' lengths", { usual: "all steps count" }),
  truncate: whole(1, "steps after which gradient is cut", { flag: "--truncate <n>", usual: "never" }),
  /** Those that add to the loss. */
  sparsity: list(spec(sparsityFamily, "a control"), "of spikes or hard gates: kl, quadratic, adaptive-l1", {
    single: true,
    flag: "--sparsity <names>",
    usual: "none",
  }),
  carryState: boolean("begin where the batch before ended", { flag: "--carry-state", usual: "false" }),
  recompute: boolean("gradient takes less memory, more time", { flag: "--recompute", usual: "false" }),
};

const name = text("its name in tables, parameters and pictures", { usual: "its kind and place" });

const headReads = "what the head reads, in the last";

const unitsEstimator = estimatorOption("of its units; see heaviside estimators", { usual: "none" });

const sides = (rule: Parameters<typeof whole>[0], description: string, usual: string) =>
  list(whole(rule, "a number"), description, { single: true, usual });

const padding = (description: string, usual: string) =>
  list(list(whole(0, "a number"), "numbers of two sides", { single: true }), description, {
    ...{ single: true, words: ["same", "valid"], usual },
  });

const sliding = {
  size: sides(1, "taps along rows and columns", "3"),
  stride: sides(1, "steps of the window", "1"),
  padding: padding("zeros around the image: same, valid, 1, 1+2, or (0+1)+(1+0): above, below, left, right", "same"),
  dilation: sides(1, "distance of neighbouring taps", "1"),
};

/** Stages that read what is no sequence. */
const plain = {
  dense: {
    options: {
      units: whole(1, "units of the layer", { usual: headReads, unnamed: true }),
      estimator: estimatorOption("of its units; see heaviside estimators", { usual: "none, a linear layer" }),
      gain,
      name,
    },
  },
  conv: {
    options: {
      features: whole(1, "channels of what it outputs", { required: true, unnamed: true }),
      ...sliding,
      groups: whole(1, "parts of the channels; depthwise: each", { usual: "1", words: ["depthwise"] }),
      bias: boolean("a number is added to each feature", { usual: "true" }),
      estimator: unitsEstimator,
      gain,
      name,
    },
  },
  pool: {
    options: {
      size: { ...sides(1, "rows and columns of the window", "2"), unnamed: true },
      stride: sides(1, "steps of the window", "its size"),
      padding: padding("what no maximum or mean counts: same, valid, 1, 1+2, or (0+1)+(1+0)", "valid"),
      reduce: choice(poolings, poolings.join(", "), { usual: "max" }),
      estimator: unitsEstimator,
      name,
    },
  },
  "global-pool": {
    options: {
      reduce: choice(poolings, poolings.join(", "), { usual: "mean", unnamed: true }),
      estimator: unitsEstimator,
      name,
    },
  },
  normalise: {
    options: {
      over: choice(normalisations, "the batch, or an example's layer", { usual: "batch", unnamed: true }),
      momentum: number({ above: 0, atMost: 1 }, "share of a batch in what test uses", { usual: "0.1" }),
      epsilon: number({ above: 0 }, "added to a variance", { usual: "1e-5" }),
      gain: number({ above: 0, atMost: 1e37 }, "first scale", { usual: "1" }),
      estimator: unitsEstimator,
      name,
    },
  },
  dropout: {
    options: {
      rate: number({ atLeast: 0, below: 1 }, "chance that a number becomes 0", { usual: "0.5", unnamed: true }),
      each: choice(droppedAlone, "value: each by itself; channel: all its places", { usual: "value" }),
      name,
    },
  },
  flatten: { options: { estimator: unitsEstimator, name } },
  gated: { options: { ...gatedOptions, name } },
  "gated-conv": {
    options: {
      features: whole(1, "channels of what it outputs", { required: true, unnamed: true }),
      blocks: whole(1, "groups of features with a gate of their own", { required: true }),
      ...sliding,
      activation: activation(activationNames.join(", "), { usual: "rectifier" }),
      normalise: boolean("batch normalisation over open images", { usual: "false" }),
      gain,
      ...{ gater: gatedOptions.gater, gate: gatedOptions.gate, gaterRate: gatedOptions.gaterRate },
      ...{ sparsity: gatedOptions.sparsity, open: gatedOptions.open },
      name,
    },
  },
} as const;

const plainStages = family("stage", plain, { tag: "kind" });

/** Stages that a residual one goes around, as JSON. Written out: a type that is inferred can't have itself in it. */
export type InnerStageConfig = SpecOf<typeof plainStages> | ResidualConfig;

/** A residual stage, as JSON. */
export interface ResidualConfig extends Pick<GatedConfig, "gater" | "gaterRate" | "sparsity" | "open"> {
  readonly kind: "residual";
  /** First to last. */
  readonly stages: readonly InnerStageConfig[];
  /** The chance with which an image takes the stages in training (default: 1). */
  readonly keep?: number | undefined;
  /** The estimator of a gate that decides for each image (default: there is none). */
  readonly gate?: EstimatorConfig | undefined;
  readonly estimator?: EstimatorConfig | undefined;
  readonly name?: string | undefined;
}

const innerStages: Family<Members, InnerStageConfig> = {
  ...plainStages,
  get members() {
    return { ...plain, residual };
  },
};

const residual = {
  options: {
    stages: list(spec(innerStages, "a stage"), "what it goes around, as (conv:32 conv:32)", {
      ...{ least: 1, required: true, unnamed: true },
    }),
    keep: number({ above: 0, atMost: 1 }, "chance that an image takes the stages", { usual: "1" }),
    gate: estimatorOption("any estimator, decides for an image", { usual: "none" }),
    gater: spec(gaterFamily, namesOf(gaterFamily).join(", "), { usual: "dense:hidden=16" }),
    ...{ gaterRate: gatedOptions.gaterRate, sparsity: gatedOptions.sparsity, open: gatedOptions.open },
    estimator: unitsEstimator,
    name,
  },
} as const;

/** The stages of a network as a config names them. Adding one means adding a line here. */
export const stages = family(
  "stage",
  {
    ...plain,
    residual,
    recurrent: {
      options: {
        cell: { ...cell, required: true },
        units: { ...cellUnits, required: true },
        ...recurrentOptions,
        output: choice(recurrentOutputs, "of the last step, or of the whole sequence", { usual: "last" }),
        name,
      },
    },
    encode: {
      options: {
        steps: whole(1, "steps of the sequence", { required: true }),
        coding: spec(codingFamily, namesOf(codingFamily).join(", "), { required: true }),
        name,
      },
    },
    "over-time": {
      options: {
        reduce: choice(reductions, reductions.join(", "), { required: true }),
        lengths: text("the field of the data with the sequences' lengths", { usual: "all steps count" }),
        name,
      },
    },
    "per-step": {
      options: { units: whole(1, "numbers that it outputs at each step", { usual: headReads }), gain, name },
    },
  },
  { tag: "kind" },
);
/** A stage, as JSON. */
export type StageConfig = SpecOf<typeof stages>;

/** Stages, first to last. Declarations name it: written out in every model, its type would be too long for them. */
export interface StageList extends ReadonlyArray<StageConfig> {}

/** A list of stages as an option. */
export const stageList = <const E extends { readonly flag: string }>(
  description: string,
  extras: E,
): ListOption<StageList> & E => ({
  ...{ kind: "list", description, of: spec(stages, "a stage"), single: false, least: 1 },
  ...extras,
});
