import { cellFamily } from "../cells/index.ts";
import { estimatorFamily } from "../estimators/index.ts";
import { preprocessNames } from "../layers/preprocess/index.ts";
import { boolean, choice, family, group, list, namesOf, type SpecOf, spec, text, whole } from "../options/index.ts";
import { autoencoderNetworks } from "./autoencoder.ts";
import { stepUnits } from "./heads/step-classes.ts";
import { pools } from "./recurrent.ts";
import { cell, cellUnits, denseOptions, gatedOptions, recurrentOptions, stages } from "./stage-options.ts";

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

const convOptions = {
  /** As dense:256 without one, a stage has the units of this. */
  estimator: spec(estimatorFamily, "of the units of all stages", {
    default: usual.estimator,
    flag: "--estimator <names>",
  }),
  head,
  preprocess,
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
        preprocess,
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
        preprocess,
        trainingSamples,
      },
    },
    network: {
      options: {
        stages: list(spec(stages, "a stage"), "as in conv:32,size=5 pool dense:256,estimator=disarm", {
          flag: "--stages <list>",
          least: 1,
          required: true,
        }),
        head,
        preprocess,
        trainingSamples,
      },
    },
    conv: {
      options: {
        stages: list(spec(stages, "a stage"), "as in conv:32,size=5 pool residual:(conv:64) dense:256", {
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
        estimator: spec(estimatorFamily, "of the binary units", { default: "disarm", flag: "--estimator <names>" }),
      },
    },
  },
  { hints: { ...cellsHint, dense: "mlp", vae: "autoencoder", cnn: "conv", convnet: "conv" } },
);

/** Which model, as JSON. */
export type ModelConfig = SpecOf<typeof modelFamily>;
