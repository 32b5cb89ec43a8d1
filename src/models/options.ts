import { cellFamily } from "../cells/index.ts";
import { estimatorFamily } from "../estimators/index.ts";
import { sparsityFamily } from "../gating/sparsity/index.ts";
import { activation, activationNames } from "../layers/activations.ts";
import { gainRule } from "../layers/affine.ts";
import { codingFamily } from "../layers/codings.ts";
import { gaterFamily } from "../layers/gaters/index.ts";
import { preprocessNames } from "../layers/preprocess/index.ts";
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
import { reductions } from "./stages/over-time.ts";
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

/** The stages of a network as a config names them. Adding one means adding a line here. */
export const stages = family(
  "stage",
  {
    dense: {
      options: {
        units: whole(1, "units of the layer", { usual: headReads }),
        estimator: spec(estimatorFamily, "of its units; see heaviside estimators", { usual: "none, a linear layer" }),
        gain,
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

/** The models as a config names them. */
/** A cell's name in place of a model's. */
const cellsHint = Object.fromEntries(namesOf(cellFamily).map((name) => [name, "recurrent"] as const));

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
        stages: list(spec(stages, "a stage"), "as in dense:units=64,estimator=disarm", {
          flag: "--stages <list>",
          least: 1,
          required: true,
        }),
        head,
        preprocess,
        trainingSamples,
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
  { hints: { ...cellsHint, dense: "mlp", vae: "autoencoder" } },
);

/** Which model, as JSON. */
export type ModelConfig = SpecOf<typeof modelFamily>;
