import { UserError } from "../../errors.ts";
import type { Estimator } from "../../estimators/estimator.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { bernoulli } from "../../estimators/units/bernoulli.ts";
import {
  add,
  bernoulliNll,
  cast,
  constant,
  maximum,
  mul,
  NdArray,
  sizeOf,
  softplus,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { checkSize } from "../../graph/size.ts";
import { type AffineParams, affineInit, affine as affineMap, affineShapes } from "../../layers/affine.ts";
import { type Key, tile } from "../../random/index.ts";
import { checkKeys, checkNumber, show } from "../../rules.ts";
import { trainsBinaryUnits } from "../binary-units.ts";
import type { LayerParams, LayerSummary, Params } from "../model.ts";
import { estimatorConfigOf, type Sent, type Stage, type StageCard, type StagePlace, type StageSpec } from "../stage.ts";
import { flat } from "./dense.ts";
import { specOf } from "./spec.ts";

/** Slope of the leaky rectifier below 0. */
const LEAK = 0.3;
/** A value's share of ones, for the decoder's first bias, is kept this far from 0 and 1. */
const RAREST = 1e-3;

/** A layer of binary latent variables between an encoder and its mirror, the decoder. */
export interface LatentOptions {
  /** H: binary variables. */
  readonly units: number;
  /** The estimator of the latent units, by name, with options, or one of your own. */
  readonly estimator: EstimatorConfig | Estimator;
  /** Widths of further layers, with leaky rectifiers between: in the encoder in this order (default: none, one affine map each way). */
  readonly hidden?: readonly number[] | undefined;
  /**
   * [in]: the mean of each value over the training set. It is subtracted from what the encoder reads, and is what the decoder says at first.
   * Default: values are bits of the stage before, read as −1 and 1.
   */
  readonly mean?: readonly number[] | undefined;
}

type P = Params<Tensor>;

/** What pages say about it. */
export const card: StageCard = {
  title: "binary latent variables with encoder and decoder",
  summary:
    "A stochastic layer of an autoencoder: it encodes, samples, decodes, and adds its part of −ELBO to the loss.",
  formula:
    "q(h\\mid x) = \\prod \\sigma(\\mathrm{encoder}(x)),\\; p(x\\mid h) = \\prod \\sigma(\\mathrm{decoder}(2h-1))",
  reads: "[B, N]",
  outputs: "[B, H]",
  source: "Kingma and Welling 2014, Auto-encoding variational Bayes, https://arxiv.org/abs/1312.6114",
};

/**
 * Binary latents h with an encoder q(h | x) = Π σ(a), a = encoder(x − mean), and a decoder p(x | h) = Π σ(decoder(2h − 1)). The stage's own loss is
 * log q(h | x) − log p(x | h), and in the last stage − log p(h) of a learned prior p(h) = Π σ(c) as well; its sum over stages is −ELBO for one
 * sample. It may be evaluated off {0, 1}: there log q and log p(h) are linear in each unit.
 *
 * Inside the loss, log q's *own* dependence on a is stopped: its gradient is the score h − σ(a), whose mean over h is zero, so it would only add
 * noise. The estimate is then the gradient of −ELBO with respect to a. Kingma and Welling 2014, https://arxiv.org/abs/1312.6114.
 *
 * Throws UserError, when the network is made, for a size that isn't a whole number of at least 1, or an estimator that doesn't train binary units.
 */
export const latent = (options: LatentOptions): StageSpec => specOf("latent", options, build);

function build(options: LatentOptions, at: StagePlace): Stage {
  const { units, estimator: given, hidden = [], mean, ...unknown } = options;
  const { subject, place, stages } = at;
  checkKeys(subject, unknown, ["units", "estimator", "hidden", "mean"]);
  checkNumber(`${subject}.units`, units, { whole: true, atLeast: 1 });
  if (!Array.isArray(hidden))
    throw new UserError(`${subject}.hidden must be a list of widths, received ${show(hidden)}`);
  for (const width of hidden) checkNumber(`${subject}.hidden`, width, { whole: true, atLeast: 1 });
  const input = sizeOf(at.input);
  checkSize(`${subject}.units, whose weights are`, [Math.max(input, units), units]);
  if (mean && mean.length !== input)
    throw new UserError(`${subject}.mean must hold ${input} numbers, one for each value, received ${mean.length}`);
  const estimator = at.estimator(given, `${subject}.estimator`);
  // A relaxed unit trains in place of a binary one; samples for their own sake are always binary.
  if (!trainsBinaryUnits(estimator))
    throw new UserError(
      `${subject}: needs an estimator of binary units or of their relaxation, received ${estimator.card.name}`,
    );
  const top = place === stages - 1;
  const encoder = [input, ...hidden, units];
  const decoder = [units, ...hidden.toReversed(), input];
  const maps = hidden.length + 1;
  const means = mean && new NdArray(Float32Array.from(mean), [input]);
  return {
    kind: "latent",
    config: {
      ...{ kind: "latent", units },
      estimator: estimatorConfigOf(given),
      ...(hidden.length > 0 && { hidden }),
      ...(mean && { mean: Array.from(mean) }),
    },
    rows: rowsOf({ encoder, decoder, top, number: at.number, estimator }),
    unitRow: maps - 1,
    output: [units],
    estimator,
    units,
    readsInput: true,
    init: (root, i) => ({
      params: [
        ...chain(root.fold(2 * i), encoder),
        ...decoderInit(root.fold(2 * i + 1), decoder, mean),
        ...(top ? [{ prior: NdArray.zeros([units]) }] : []),
      ],
      states: Array.from({ length: 2 * maps + Number(top) }, (_, row) =>
        row === maps - 1 ? (estimator.init?.([units], root.fold(2 * stages + i)) ?? {}) : {},
      ),
    }),
    preactivation: (own, x) => affine(own.slice(0, maps), means ? centredAt(flat(x), means) : signs(flat(x))),
    loss: (own, sent) => lossOf(decode(own, sent.units), top ? own.at(-1)!.prior : undefined, sent),
    read: (_, { a }, readout, key) => (readout === "stochastic" ? bernoulli.sample(a, key) : bernoulli.readout(a)),
  };
}

/** The logits of what the stage read, from its latents. own: the stage's parameters, h [R, H] → [R, in] */
export function decode(own: P, h: Tensor): Tensor {
  const maps = Math.floor(own.length / 2);
  return affine(own.slice(maps, 2 * maps), signs(h));
}

/** log q(h | x) − log p(x | h), and − log p(h) where there is a prior. x [B, in], a [B, H], h [K·B, H] → [K·B] */
function lossOf(decoded: Tensor, prior: Tensor | undefined, { x, a, units: h }: Sent): Tensor {
  const read = flat(x);
  const copies = h.shape[0]! / read.shape[0]!;
  const fixed = stopGradient(a);
  const reconstruction = sum(bernoulliNll(decoded, tile(read, copies)), 1);
  if (!prior) return sub(reconstruction, sum(bernoulliNll(tile(fixed, copies), h), 1));
  const linear = sum(mul(h, tile(sub(fixed, prior), copies)), 1);
  const constants = tile(sum(sub(softplus(prior), softplus(fixed)), 1), copies);
  return add(reconstruction, add(linear, constants));
}

/** Affine maps with leaky rectifiers between them. */
const affine = (maps: P, x: Tensor): Tensor =>
  maps.reduce((h, map, i) => affineMap(map as AffineParams<Tensor>, i === 0 ? h : maximum(h, mul(h, LEAK))), x);

const centredAt = (x: Tensor, mean: NdArray): Tensor => sub(x, cast(constant(mean), x.dtype));

/** Bits as −1 and 1. */
const signs = (bits: Tensor): Tensor => sub(mul(bits, 2), 1);

const chain = (key: Key, sizes: readonly number[]): AffineParams<NdArray>[] =>
  sizes.slice(1).map((size, i) => affineInit(key.fold(i), sizes[i]!, size));

/** Fresh decoder maps; of values whose means are known, the last bias is their log-odds. */
function decoderInit(key: Key, sizes: readonly number[], mean: readonly number[] | undefined): LayerParams<NdArray>[] {
  const maps = chain(key, sizes);
  if (!mean) return maps;
  const ones = Float32Array.from(mean, (share) => Math.min(1 - RAREST, Math.max(RAREST, share)));
  const bias = new NdArray(
    ones.map((p) => Math.log(p / (1 - p))),
    [ones.length],
  );
  return [...maps.slice(0, -1), { ...maps.at(-1)!, bias }];
}

interface Rows {
  readonly encoder: readonly number[];
  readonly decoder: readonly number[];
  readonly top: boolean;
  readonly number: number;
  readonly estimator: Estimator;
}

function rowsOf({ encoder, decoder, top, number, estimator }: Rows): LayerSummary[] {
  const maps = encoder.length - 1;
  const row = (part: string, sizes: readonly number[], i: number): LayerSummary => ({
    name: maps === 1 ? `${part}${number}` : `${part}${number}.${i + 1}`,
    kind: "dense",
    input: [sizes[i]!],
    output: [sizes[i + 1]!],
    parameters: affineShapes(sizes[i]!, sizes[i + 1]!),
    multiplyAdds: sizes[i]! * sizes[i + 1]!,
    activation: i < maps - 1 ? "leaky rectifier" : "linear",
  });
  const units = encoder.at(-1)!;
  return [
    ...Array.from({ length: maps }, (_, i) => row("encoder", encoder, i)).map((r, i) =>
      i < maps - 1 ? r : { ...r, kind: `dense + ${estimator.card.name}`, activation: estimator.card.name, estimator },
    ),
    ...Array.from({ length: maps }, (_, i) => row("decoder", decoder, i)).map((r, i) =>
      i < maps - 1 ? r : { ...r, activation: "sigmoid" },
    ),
    ...(top ? [priorRow(units)] : []),
  ];
}

const priorRow = (units: number): LayerSummary => ({
  ...{ name: "prior", kind: "log-odds of each latent", input: [units], output: [units] },
  ...{ parameters: [{ name: "prior", shape: [units], incoming: [] }], multiplyAdds: 0, activation: "sigmoid" },
});
