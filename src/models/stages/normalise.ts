import { notEqual, reshape, sizeOf, type Tensor, where } from "../../graph/index.ts";
import { gainRule } from "../../layers/affine.ts";
import { checkChoice, checkKeys, checkNumber } from "../../rules.ts";
import type { LayerParams, Params } from "../model.ts";
import type { Sent, Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { batchNormalised, firstMoments, firstScale, momentsOf, movedMoments, scaleAndShift, scaled, testMoments, usualNormalisation } from "./batch-normalisation.ts"; // biome-ignore format: one line
import { channelsOf } from "./image.ts";
import { specOf } from "./spec.ts";
import { type UnitsOption, withUnits } from "./with-units.ts";

/** What mean and variance are taken over. */
export const normalisations = ["batch", "layer"] as const;

/** Numbers of mean 0 and variance 1, which are then scaled and shifted as is learned. */
export interface NormaliseOptions extends UnitsOption {
  /**
   * batch (default): of each channel, over the examples of a batch and all places; at test, over those of the training's last steps. Behind units that draw,
   * the deterministic readout has its own, over 5,000 training examples. A batch with one value of a channel is normalised as at test.
   * layer: over all values of an example.
   */
  readonly over?: (typeof normalisations)[number] | undefined;
  /** The share of a batch in the mean and variance that test uses (default: 0.1). */
  readonly momentum?: number | undefined;
  /** What is added to a variance (default: 1e-5). */
  readonly epsilon?: number | undefined;
  /** The first scale γ (default: 1). With 3, units that fire by chance depend less on it from the start. */
  readonly gain?: number | undefined;
  /** Its name in tables (default: normalise1, normalise2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "mean 0 and variance 1",
  summary:
    "Batch normalisation: each channel has mean 0 and variance 1 over a batch, then a scale and a shift that are learned. Or layer normalisation, over the values of an example.",
  formula: "y = \\gamma\\,\\frac{x-\\mu}{\\sqrt{\\sigma^2+\\epsilon}} + \\beta",
  reads: "[B, N]",
  outputs: "[B, N]",
  source: "Ioffe and Szegedy 2015, Batch normalization, https://arxiv.org/abs/1502.03167; Ba, Kiros and Hinton 2016, Layer normalization, https://arxiv.org/abs/1607.06450", // biome-ignore format: one line
};

/**
 * Batch or layer normalisation, and units. Of a batch, mean and variance are those of the examples that a training step reads (several copies of them
 * are normalised one by one); at test they are running means, which each step moves by `momentum`. The running variance is that of n − 1. Ioffe and Szegedy 2015; Ba, Kiros and
 * Hinton 2016.
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const normalise = (options: NormaliseOptions = {}): StageSpec => specOf("normalise", options, build);

function build({ estimator, ...options }: NormaliseOptions, at: StagePlace): Stage {
  const { subject, input, readsDraws } = at;
  checkKeys(subject, options, ["over", "momentum", "epsilon", "gain", "estimator", "name"]);
  const { over = "batch", gain = 1, name = `normalise${at.number}` } = options;
  const { momentum = usualNormalisation.momentum, epsilon = usualNormalisation.epsilon } = options;
  checkChoice(`${subject}.over`, over, normalisations);
  checkNumber(`${subject}.momentum`, momentum, { above: 0, atMost: 1 });
  checkNumber(`${subject}.epsilon`, epsilon, { above: 0 });
  checkNumber(`${subject}.gain`, gain, gainRule);
  const channels = over === "batch" ? channelsOf(at, "normalise") : input.at(-1)!;
  const values = sizeOf(input);
  const stage = withUnits(at, estimator, {
    kind: "normalise",
    config: options,
    output: input,
    row: {
      ...{ name, map: `${over} normalisation${gain === 1 ? "" : `, gain ${gain}`}`, input, multiplyAdds: 2 * values },
      parameters: [...scaleAndShift(channels), ...(over === "batch" ? testMoments(channels, readsDraws) : [])],
    },
    init: () => ({ ...firstScale(channels, gain), ...(over === "batch" && firstMoments(channels, readsDraws)) }),
    map: ([own], x, { around: gates, ...called }) =>
      over === "layer"
        ? ofLayer(own!, x, epsilon)
        : batchNormalised(own!, openedImages(x, gates), { ...called, epsilon, gates }),
  });
  const control = ([own]: Params<Tensor>, _: object, { x, around }: Sent) => ({
    states: {},
    moved: movedMoments(own!, openedImages(x, around), momentum, around),
  });
  return over === "layer" ? stage : { ...stage, control };
}

function ofLayer(own: LayerParams<Tensor>, x: Tensor, epsilon: number): Tensor {
  const { centred, variance } = momentsOf(reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]), 1);
  const perExample = reshape(variance, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]);
  return scaled(own, reshape(centred, x.shape), perExample, epsilon);
}

/** x [R, …], 0 where a gate [R, 1] is closed: what is skipped may be anything, and neither counts nor gets a gradient. */
const openedImages = (x: Tensor, gates: Tensor | undefined): Tensor =>
  gates ? where(notEqual(reshape(gates, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]), 0), x, 0) : x;
