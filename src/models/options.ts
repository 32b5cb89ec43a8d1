import { cellFamily } from "../cells/index.ts";
import { estimatorFamily } from "../estimators/index.ts";
import { sparsityFamily } from "../gating/sparsity/index.ts";
import { activation, activationNames } from "../layers/activations.ts";
import { gainRule } from "../layers/affine.ts";
import { codingFamily } from "../layers/codings.ts";
import { gaterFamily } from "../layers/gaters/index.ts";
import {
  boolean,
  choice,
  family,
  group,
  list,
  namesOf,
  number,
  type SpecOf,
  spec,
  text,
  whole,
} from "../options/index.ts";
import { autoencoderNetworks } from "./autoencoder.ts";
import { stepUnits } from "./heads/step-classes.ts";
import { pools } from "./recurrent.ts";
import { droppedAlone } from "./stages/dropout.ts";
import { normalisations } from "./stages/normalise.ts";
import { reductions } from "./stages/over-time.ts";
import { poolings } from "./stages/pool.ts";
import { recurrentDirections, recurrentOutputs } from "./stages/recurrent.ts";

const units = whole(1, "units of the hidden layers, such as 400,400", {
  required: true,
  flag: "--hidden <sizes>",
  flagUsual: "400",
});
const gain = number(gainRule, "factor on the range of the first weights", { flag: "--gain <factors>", usual: "1" });

/** A hidden layer: an affine map into units that an estimator trains through. */
const denseOptions = {
  units,
  estimator: spec(estimatorFamily, "one for all layers or each; see heaviside estimators", {
    required: true,
    flag: "--estimator <names>",
  }),
  gain,
};

/** A layer of blocks behind gates. */
const gatedOptions = {
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
  gate: spec(estimatorFamily, "any estimator", {
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

const cell = spec(cellFamily, "cell of each layer; see heaviside cells", { flag: "--cell <name>" });
const cellUnits = whole(1, "units of a recurrent cell", { flag: "--units <n>" });

/** A cell along sequences. */
const recurrentOptions = {
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

const unitsEstimator = spec(estimatorFamily, "of its units; see heaviside estimators", { usual: "none" });

const sides = (rule: Parameters<typeof whole>[0], description: string, usual: string) =>
  list(whole(rule, "a number"), description, { single: true, usual });

/** Stages that read what is no sequence. */
const plain = {
  dense: {
    options: {
      units: whole(1, "units of the layer", { usual: headReads, unnamed: true }),
      estimator: spec(estimatorFamily, "of its units; see heaviside estimators", { usual: "none, a linear layer" }),
      gain,
      name,
    },
  },
  conv: {
    options: {
      features: whole(1, "channels of what it outputs", { required: true, unnamed: true }),
      size: sides(1, "taps along rows and columns", "3"),
      stride: sides(1, "steps of the window", "1"),
      padding: choice(["same", "valid"], "same, valid: zeros around the image or none", { usual: "same" }),
      dilation: sides(1, "distance of neighbouring taps", "1"),
      groups: whole(1, "parts of the channels", { usual: "1" }),
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
      padding: choice(["same", "valid"], "same, valid", { usual: "valid" }),
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
} as const;

const plainStages = family("stage", plain, { tag: "kind" });

/** The stages of a network as a config names them. Adding one means adding a line here. */
export const stages = family(
  "stage",
  {
    ...plain,
    residual: {
      options: {
        stages: list(spec(plainStages, "a stage"), "what it goes around, as (conv:32 conv:32)", {
          ...{ least: 1, required: true, unnamed: true },
        }),
        estimator: unitsEstimator,
        name,
      },
    },
    gated: { options: { ...gatedOptions, name } },
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
export type StageConfig = SpecOf<typeof stages>;

const lengths = text("the field of the data with the lengths", { usual: "lengths, where the data have it" });
const target = text("the field of the data with the targets", { usual: "y" });

/** The heads of a network as a config names them: what its last output is, and the loss of it. Adding one means adding a line here. */
export const heads = family(
  "head",
  {
    classes: { options: { field: text("the field of the data with the labels", { usual: "label" }) } },
    values: { options: { field: target } },
    gaussian: { options: { field: target } },
    bits: { options: { field: target } },
    "step-classes": {
      options: {
        field: text("the field of the data with each step's label", { usual: "label" }),
        lengths,
        unit: choice(stepUnits, "of the NLL: nats, bits", { usual: "nats" }),
      },
    },
    mixture: {
      options: {
        field: target,
        lengths,
        components: whole(1, "normal distributions of a step's mixture", { usual: "20" }),
        pen: boolean("a step is dx, dy and a pen bit", { usual: "true of 3 values, the last 0 or 1" }),
      },
    },
  },
  {
    tag: "kind",
    aliases: { softmax: "classes", regression: "values", mse: "values", normal: "gaussian", mdn: "mixture" },
  },
);

const head = spec(heads, "such as classes, values, mixture", { flag: "--head <kind>", usual: "by the data" });
const trainingSamples = whole(1, "noise samples of an example in a step", {
  flag: "--training-samples <n>",
  usual: "1",
});
const usual = { units: 400, estimator: "straight-through-slope" } as const;
const hiddenLayer = group(denseOptions, "a hidden layer");

const layers = whole({ atLeast: 1, atMost: 1000 }, "stochastic or recurrent layers", {
  default: 1,
  flag: "--layers <n>",
});

const convOptions = {
  /** As dense:256 without one, a stage has the units of this. */
  estimator: spec(estimatorFamily, "of the units of all stages", {
    default: usual.estimator,
    flag: "--estimator <names>",
  }),
  head,
  trainingSamples,
};

/** A cell's name in place of a model's. */
const cellsHint = Object.fromEntries(namesOf(cellFamily).map((name) => [name, "recurrent"] as const));

/** The models as a config names them. */
export const modelFamily = family(
  "model",
  {
    mlp: {
      options: {
        hidden: list(hiddenLayer, "hidden layers, first to last", {
          flags: "each",
          default: [usual],
          element: usual,
        }),
        trainingSamples,
      },
    },
    "gated-mlp": {
      options: {
        trunk: list(hiddenLayer, "dense layers before the gates", { flags: "each", default: [], element: usual }),
        /** The net of Bengio, Léonard and Courville 2013 where nothing is said. */
        gated: list(group(gatedOptions, "a layer of gated blocks"), "layers of gated blocks", {
          flags: "all",
          least: 1,
          default: [
            {
              blocks: 2000,
              gater: { name: "dense", hidden: 400 },
              gate: "straight-through",
              sparsity: { name: "kl", target: 0.1, weight: 0.001 },
            },
          ],
        }),
        trainingSamples,
      },
    },
    network: {
      options: {
        stages: list(spec(stages, "a stage"), "as in dense:units=64,estimator=disarm", {
          flag: "--stages <list>",
          least: 1,
          required: true,
        }),
        head,
        trainingSamples,
      },
    },
    conv: {
      options: {
        stages: list(spec(stages, "a stage"), "as in conv:32,size=5 pool dense:256", {
          ...{ flag: "--stages <list>", least: 1, usual: "conv:32,size=5 pool conv:64,size=5 pool dense:256" },
        }),
        ...convOptions,
      },
    },
    lenet: { options: convOptions },
    vgg: {
      options: {
        features: whole(1, "of the first convolutions", { default: 32, flag: "--features <n>", flagUsual: "32, 16" }),
        depth: whole({ atLeast: 1, atMost: 10 }, "blocks, in vgg or a group of resnet", {
          ...{ default: 3, flag: "--depth <n>", flagUsual: "3, 1" },
        }),
        ...convOptions,
      },
    },
    resnet: {
      options: {
        features: whole(1, "of the first convolutions", { default: 16, flag: "--features <n>" }),
        depth: whole({ atLeast: 1, atMost: 100 }, "blocks, in vgg or a group of resnet", {
          ...{ default: 1, flag: "--depth <n>" },
        }),
        ...convOptions,
      },
    },
    recurrent: {
      options: {
        cell: { ...cell, default: { name: "lstm" } },
        units: { ...cellUnits, default: 128 },
        ...recurrentOptions,
        layers,
        pool: choice(pools, "last, sum, mean or max", {
          flag: "--pool <name>",
          usual: "last; of spikes mean",
        }),
        head,
        trainingSamples,
      },
    },
    autoencoder: {
      options: {
        /** "nonlinear": two more layers of as many units as latents, leaky rectifiers between. */
        network: choice(autoencoderNetworks, "linear, nonlinear", { default: "linear", flag: "--network <name>" }),
        latents: whole(1, "binary units of a stochastic layer", { default: 200, flag: "--latents <n>" }),
        layers,
        estimator: spec(estimatorFamily, "of the binary units", { default: "disarm", flag: "--estimator <names>" }),
      },
    },
  },
  { hints: { ...cellsHint, dense: "mlp", vae: "autoencoder", cnn: "conv", convnet: "conv" } },
);

/** Which model, as JSON. */
export type ModelConfig = SpecOf<typeof modelFamily>;
