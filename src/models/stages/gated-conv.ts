import { mean, NdArray } from "../../graph/index.ts";
import { convWork } from "../../graph/window.ts";
import { activationFor } from "../../layers/activations.ts";
import { affineInit } from "../../layers/affine.ts";
import { checkBoolean, checkKeys, checkNumber } from "../../rules.ts";
import { closedInTraining, type Stage, type StageCard, type StagePlace, type StageSpec } from "../stage.ts";
import type { ConvOptions } from "./conv.ts";
import { type Gated, type GatedConfig, resolveGated } from "./gated/config.ts";
import { biasedFeatures, normalisedFeatures } from "./gated/features.ts";
import { gatedStage } from "./gated/gates.ts";
import { checkChannels, convWindow, imageOf, inShape } from "./image.ts";
import { specOf } from "./spec.ts";

type Slides = Pick<ConvOptions, "size" | "stride" | "padding" | "dilation" | "name">;

/** Groups of a convolution's features behind gates, as JSON. */
export interface GatedConvConfig extends Omit<GatedConfig, "output" | "blocks" | "width" | "gain">, Slides {
  /** N: features, the channels of what it outputs. */
  readonly features: number;
  /** K: groups of features, one after the other, each with a gate of its own. */
  readonly blocks: number;
  /**
   * Batch normalisation between the convolution and its activation, in place of a bias (default: false). Mean and variance of a group are those of the
   * images where its gate is open. A closed group outputs 0, which it doesn't with a normalise stage behind this one.
   */
  readonly normalise?: boolean | undefined;
  /** Factor on the range of the first weights (default: 1). */
  readonly gain?: number | undefined;
}

/** The same, with an estimator of the user's own where that is wanted. */
export interface GatedConv extends Omit<GatedConvConfig, "gate"> {
  /** The estimator of the gates, by name, with options, or one of your own. */
  readonly gate: Gated["gate"];
}

/** What pages say about it. */
export const card: StageCard = {
  title: "groups of a convolution's features behind gates",
  summary:
    "Features come in groups, and an image's group is computed only where its gate is open. A gater reads the mean of each channel and scores the gates, and an estimator decides and trains it. A convolution behind it doesn't read what is closed.",
  formula: "y_k = g_k\\, f(x * W_k + b_k)",
  reads: "[B, R, C, M]",
  outputs: "[B, R, C, H]",
  source:
    "Bengio, Léonard and Courville 2013, Estimating or propagating gradients through stochastic neurons for conditional computation, https://arxiv.org/abs/1308.3432; Gao, Zhao, Dudziak, Mullins and Xu 2018, Dynamic channel pruning: feature boosting and suppression, https://arxiv.org/abs/1810.05331",
};

const keys = [
  ...["features", "blocks", "size", "stride", "padding", "dilation", "activation", "gater", "gate", "gaterRate"],
  ...["normalise", "gain", "sparsity", "open", "name"],
] as const;

/**
 * A convolution whose features are computed only where their group's gate is open. A gater reads the mean of each channel of an image and says how likely
 * each gate is to open; any estimator decides and trains the gater. Closed groups are skipped as `gated` skips blocks, and its thresholds, controls and
 * readouts are those of `gated`. Closed channels are 0, and a convolution behind this stage, or behind a pooling or dropout between, skips them, too: so two
 * of these, half open each, cost a quarter of the products in the second. In training that holds where the estimator reads nothing of closed gates.
 * Bengio, Léonard and Courville 2013, section 5. Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const gatedConv = (options: GatedConv): StageSpec => specOf("gated-conv", options, build);

function build(options: GatedConv, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, keys);
  const { features, size, stride, padding, dilation, normalise = false, name = `gated-conv${at.number}`, ...given } = options; // biome-ignore format: one line
  const image = imageOf(at, "gated-conv");
  const [, , channels] = image;
  checkChannels(`${subject}.features`, features);
  checkBoolean(`${subject}.normalise`, normalise);
  const { sparsity: _, open: __, ...free } = given;
  const gates = { activation: "rectifier" as const, ...(at.uncontrolled ? free : given), width: 1 };
  const config = resolveGated(gates, subject, { input: channels, output: features }, at.estimator);
  const { blocks, gain } = config;
  checkNumber(`${subject}: features / blocks`, features / blocks, { whole: true, atLeast: 1 });
  const slides = { size, stride, padding, dilation };
  const { taps, window, sliding } = convWindow(at, "gated-conv", image, slides);
  const weight = [...taps, channels, features];
  const incoming = taps[0] * taps[1] * channels;
  const output = [...window.output, features];
  const activation = activationFor(config.activation);
  const readsDraws = at.readsDraws || config.estimator.unit.stochastic;
  const behind = (normalise ? normalisedFeatures : biasedFeatures)({ sliding, activation, output, readsDraws });
  const { width: ___, output: ____, ...gated } = config.config;
  const own = {
    features,
    ...Object.fromEntries(Object.entries(slides).filter(([, value]) => value !== undefined)),
    ...(normalise && { normalise }),
    ...gated,
    ...(options.name !== undefined && { name }),
  };
  const stage = gatedStage("gated-conv", { ...config, width: features / blocks, config: own }, at, {
    output,
    inputs: channels,
    seen: (x) => mean(inShape(x, image), [1, 2]),
    row: {
      ...{
        name,
        kind: `${blocks} gated groups of ${features / blocks}${normalise ? ", normalised" : ""}`,
        input: at.input,
        gater: `gated-conv-gater${at.number}`,
      },
      parameters: [{ name: "weight", shape: weight, incoming: [0, 1, 2] }, ...behind.parameters],
      multiplyAdds: convWork(1, { window, groups: 1 }, { shape: weight, dtype: "float32" }) + behind.multiplyAdds,
    },
    init: (key) => ({
      weight: new NdArray(affineInit(key, incoming, features, gain).weight.data, weight),
      ...behind.init(),
    }),
    send: (row, x, ...to) => behind.send(row, inShape(x, image), ...to),
    ...(behind.moved && { moved: (row, x, ...to) => behind.moved!(row, inShape(x, image), ...to) }),
  });
  const closed = closedInTraining(config.estimator);
  return { ...stage, outputGates: (gates, { training }) => (training && closed === "evaluate" ? undefined : gates) };
}
