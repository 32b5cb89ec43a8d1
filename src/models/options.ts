import { cellFamily } from "../cells/index.ts";
import { type EstimatorConfig, estimatorOption } from "../estimators/index.ts";
import { type PreprocessName, preprocessNames } from "../layers/preprocess/index.ts";
import {
  boolean,
  choice,
  type Family,
  family,
  group,
  list,
  type Members,
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
import {
  cell,
  cellUnits,
  denseOptions,
  gatedOptions,
  recurrentOptions,
  type StageConfig,
  stageList,
} from "./stage-options.ts";

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

/** A head, as JSON. */
export type HeadConfig = SpecOf<typeof heads>;

const head = spec(heads, "such as classes, values, mixture", {
  flag: "--head <kind>",
  usual: "by the data",
});
const trainingSamples = whole(1, "noise samples of an example in a step", {
  flag: "--training-samples <n>",
  usual: "1",
});
const recompute = boolean("gradient takes less memory, more time", { flag: "--recompute", usual: "false" });
/** Of tables, columns are standardised where nothing is said. */
const preprocess = choice(["none", ...preprocessNames], "how inputs are scaled", {
  flag: "--preprocess <name>",
  usual: "standardise for tables",
});
const usual = { units: 400, estimator: "straight-through-slope" } as const;
const hiddenLayer = group(denseOptions, "a hidden layer");

const layers = whole({ atLeast: 1, atMost: 1000 }, "stochastic or recurrent layers", {
  default: 1,
  flag: "--layers <n>",
});

/** A cell's name in place of a model's. */
const cellsHint = Object.fromEntries(namesOf(cellFamily).map((name) => [name, "recurrent"] as const));

/** Those whose configs have the types that their options come to. */
const inferred = family(
  "model",
  {
    mlp: {
      options: {
        hidden: list(hiddenLayer, "hidden layers, first to last", {
          flags: "each",
          default: [usual],
          element: usual,
        }),
        preprocess,
        trainingSamples,
        recompute,
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
        preprocess,
        trainingSamples,
        recompute,
      },
    },
    network: {
      options: {
        stages: stageList("as in conv:32,size=5 pool dense:256,estimator=disarm", {
          flag: "--stages <list>",
          required: true,
        }),
        head,
        preprocess,
        trainingSamples,
        recompute,
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
        preprocess,
        trainingSamples,
      },
    },
    autoencoder: {
      options: {
        /** "nonlinear": two more layers of as many units as latents, leaky rectifiers between. */
        network: choice(autoencoderNetworks, "linear, nonlinear", { default: "linear", flag: "--network <name>" }),
        latents: whole(1, "binary units of a stochastic layer", { default: 200, flag: "--latents <n>" }),
        layers,
        estimator: estimatorOption("of the binary units", { default: "disarm", flag: "--estimator <names>" }),
        recompute,
      },
    },
  },
  { hints: { ...cellsHint, dense: "mlp", vae: "autoencoder" } },
);

const convOptions = {
  /** As dense:256 without one, a stage has the units of this. */
  estimator: estimatorOption("of the units of all stages", {
    default: usual.estimator,
    flag: "--estimator <names>",
  }),
  ...{ head, preprocess, trainingSamples, recompute },
};

const sized = (features: number, depth: number, most: number) => ({
  features: whole(1, "of the first convolutions", {
    ...{ default: features, flag: "--features <n>", flagUsual: "32, 16" },
  }),
  depth: whole({ atLeast: 1, atMost: most }, "blocks, in vgg or a group of resnet", {
    ...{ default: depth, flag: "--depth <n>", flagUsual: "3, 1" },
  }),
});

const ofImages = {
  conv: {
    options: {
      stages: stageList("as in conv:32,size=5 pool residual:(conv:64) dense:256", {
        ...{ flag: "--stages <list>", usual: "conv:32,size=5 pool conv:64,size=5 pool dense:256" },
      }),
      ...convOptions,
    },
  },
  lenet: { options: convOptions },
  vgg: { options: { ...sized(32, 3, 10), ...convOptions } },
  resnet: {
    options: {
      ...sized(16, 1, 100),
      keep: number({ above: 0, atMost: 1 }, "chance that an image takes the last block", {
        ...{ flag: "--keep <share>", usual: "1" },
      }),
      ...convOptions,
    },
  },
};

/** Which network of convolutions, as JSON. Written out: all models in one inferred type would be too long for a declaration. */
export interface ConvConfig {
  readonly name: "conv";
  /** (default: two convolutions with poolings, and 256 dense units) */
  readonly stages?: readonly StageConfig[] | undefined;
  /** Of the units of all stages that name none of their own. */
  readonly estimator?: EstimatorConfig | undefined;
  readonly head?: HeadConfig | undefined;
  readonly preprocess?: PreprocessName | "none" | undefined;
  readonly trainingSamples?: number | undefined;
  readonly recompute?: boolean | undefined;
}
/** LeNet-5, as JSON. */
export interface LenetConfig extends Omit<ConvConfig, "name" | "stages"> {
  readonly name: "lenet";
}
/** A small VGG, as JSON. */
export interface VggConfig extends Omit<ConvConfig, "name" | "stages"> {
  readonly name: "vgg";
  readonly features?: number | undefined;
  readonly depth?: number | undefined;
}
/** A ResNet, as JSON. */
export interface ResnetConfig extends Omit<VggConfig, "name"> {
  readonly name: "resnet";
  /** The chance with which an image takes the last residual block in training. */
  readonly keep?: number | undefined;
}

/** Which model, as JSON. */
export type ModelConfig = SpecOf<typeof inferred> | ConvConfig | LenetConfig | VggConfig | ResnetConfig;

/** The models as a config names them. */
export const modelFamily: Family<Members, ModelConfig> = {
  ...inferred,
  members: { ...inferred.members, ...ofImages },
  hints: { ...inferred.hints, cnn: "conv", convnet: "conv" },
};
