import { UserError } from "../errors.ts";
import { continuation } from "../estimators/continuation.ts";
import type { Estimator, EstimatorState, Mode } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor, resolveEstimator } from "../estimators/index.ts";
import { bernoulli } from "../estimators/units/bernoulli.ts";
import {
  add,
  bernoulliNll,
  cast,
  constant,
  exp,
  log,
  max,
  maximum,
  mean,
  mul,
  NdArray,
  neg,
  reshape,
  sigmoid,
  softplus,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { checkSize } from "../graph/size.ts";
import { type DenseParams, dense, denseInit } from "../layers/dense.ts";
import { type Key, key as keyOf, sharedKey, tile } from "../random/index.ts";
import { checkChoice, checkKeys, checkNumber } from "../rules.ts";
import { trainsBinaryUnits } from "./binary-units.ts";

/** "linear": one affine map each way. "nonlinear": two more layers of as many units as latents, leaky rectifiers between. */
export const autoencoderNetworks = ["linear", "nonlinear"] as const;
export type AutoencoderNetwork = (typeof autoencoderNetworks)[number];

/** Slope of the leaky rectifier below 0. */
const LEAK = 0.3;
/** A pixel's share of ones, for the decoder's first bias, is kept this far from 0 and 1. */
const RAREST = 1e-3;

export interface AutoencoderOptions {
  /** [pixels]: each pixel's mean over the training set. It is subtracted from what the encoder reads, and is what the decoder says at first. */
  readonly mean: Float32Array;
  readonly network: AutoencoderNetwork;
  /** Binary units of each stochastic layer; 200 when left out. */
  readonly latents?: number | undefined;
  /** Stochastic layers; 1 when left out. */
  readonly layers?: number | undefined;
  readonly estimator: EstimatorConfig | Estimator;
}

/** One list of affine maps for each stochastic layer and direction, and the prior's logits [latents]. */
export interface AutoencoderParams<T> {
  readonly encoder: readonly (readonly DenseParams<T>[])[];
  readonly decoder: readonly (readonly DenseParams<T>[])[];
  readonly prior: T;
}
type P = AutoencoderParams<Tensor>;

/** A variational autoencoder with binary latents. Losses are in nats, for each example. */
export interface BinaryAutoencoder {
  /** What it was made from, as JSON, without the mean. */
  readonly config: unknown;
  readonly pixels: number;
  readonly estimator: Estimator;
  init(seed: number): { params: AutoencoderParams<NdArray>; states: readonly { readonly [name: string]: NdArray }[] };
  /** x [B, pixels] → the negative ELBO of one sample [B]; its gradient is what the estimator says. */
  train(params: P, x: Tensor, key: Key, states: readonly EstimatorState[]): { loss: Tensor; states: EstimatorState[] };
  /**
   * x [B, pixels] → log (1/S Σₛ p(x, bₛ) / q(bₛ | x)) over S samples [B]: a lower bound of log p(x), for S = 1 the ELBO.
   * Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", 2016, https://arxiv.org/abs/1509.00519
   */
  bound(params: P, x: Tensor, key: Key, samples: number): Tensor;
  /** x [B, pixels] → the probabilities that the decoder gives for one sample of the latents [B, pixels]. */
  reconstruct(params: P, x: Tensor, key: Key): Tensor;
}

/**
 * A Bernoulli variational autoencoder as the literature on gradient estimators compares them on:
 *
 *     q(b | x) = Π σ(a),  a = encoder(x − mean),   p(b) = Π σ(c),   p(x | b) = Π σ(decoder(2b − 1))
 *
 * An estimator's downstream loss is f(b) = log q(b | x) − log p(x, b), which it may evaluate off {0, 1}: there log q and log p(b) go on
 * as they are, linear in each unit. Inside f, log q's *own* dependence on a is stopped: its gradient is the score b − σ(a), whose
 * mean over b is zero, so it would only add noise. The estimate is then the gradient of −ELBO with respect to a.
 *
 * With two layers x → b₁ → b₂ and back, a layer's f is its own log q(bᵢ | below) − log p(below | bᵢ), plus the next layer's loss with its
 * estimator in it.
 *
 * Throws UserError for a size that isn't a whole number of at least 1, or an estimator that doesn't exist.
 */
export function autoencoder(options: AutoencoderOptions): BinaryAutoencoder {
  const { mean: means, network, latents = 200, layers = 1, estimator: given, ...unknown } = options;
  checkKeys("autoencoder", unknown, ["mean", "network", "latents", "layers", "estimator"]);
  checkChoice("autoencoder: network", network, autoencoderNetworks);
  checkNumber("autoencoder: latents", latents, { whole: true, atLeast: 1 });
  checkNumber("autoencoder: layers", layers, { whole: true, atLeast: 1, atMost: 1000 });
  checkSize("autoencoder: latents, whose weights are", [Math.max(means.length, latents), latents]);
  const estimator = estimatorFor(given, "autoencoder: estimator");
  // A relaxed unit trains in place of a binary one; samples for their own sake are always binary.
  if (!trainsBinaryUnits(estimator))
    throw new UserError(
      `autoencoder: needs an estimator of binary units or of their relaxation, received ${estimator.card.name}`,
    );
  const pixels = means.length;
  const between = network === "linear" ? [] : [latents, latents];
  const below = (i: number): number => (i === 0 ? pixels : latents);
  const top = layers - 1;

  const encode = (params: P, i: number, x: Tensor): Tensor =>
    affine(params.encoder[i]!, i === 0 ? sub(x, cast(constant(new NdArray(means, [pixels])), x.dtype)) : centred(x));
  const decode = (params: P, i: number, h: Tensor): Tensor => affine(params.decoder[i]!, centred(h));

  /** log q(h | x) − log p(x | h), and − log p(h) in the last layer. x [B, below], a [B, H], h [K·B, H] → [K·B] */
  const cost = (params: P, i: number, x: Tensor, a: Tensor, h: Tensor): Tensor => {
    const copies = h.shape[0]! / x.shape[0]!;
    const fixed = stopGradient(a);
    const reconstruction = sum(bernoulliNll(decode(params, i, h), tile(x, copies)), 1);
    if (i < top) return sub(reconstruction, sum(bernoulliNll(tile(fixed, copies), h), 1));
    const { prior } = params;
    const linear = sum(mul(h, tile(sub(fixed, prior), copies)), 1);
    const constants = tile(sum(sub(softplus(prior), softplus(fixed)), 1), copies);
    return add(reconstruction, add(linear, constants));
  };

  /** The costs of this layer and the later ones, which send what `send` makes of their pre-activations. */
  const onward = (
    params: P,
    i: number,
    x: Tensor,
    a: Tensor,
    h: Tensor,
    send: (a: Tensor, i: number) => Tensor,
  ): Tensor => {
    const here = cost(params, i, x, a, h);
    if (i === top) return here;
    const above = encode(params, i + 1, h);
    return add(here, onward(params, i + 1, h, above, send(above, i + 1), send));
  };

  const config = {
    name: "autoencoder",
    network,
    latents,
    layers,
    estimator: given === estimator ? { name: estimator.card.name } : resolveEstimator(given as EstimatorConfig),
  };
  return {
    config,
    pixels,
    estimator,
    init(seed) {
      const root = keyOf(seed);
      const chain = (key: Key, sizes: readonly number[]) =>
        sizes.slice(1).map((size, i) => denseInit(key.fold(i), sizes[i]!, size));
      const levels = Array.from({ length: layers }, (_, i) => i);
      const decoder = levels.map((i) => chain(root.fold(2 * i + 1), [latents, ...between, below(i)]));
      const last = decoder[0]!.pop()!;
      const ones = means.map((share) => Math.min(1 - RAREST, Math.max(RAREST, share)));
      decoder[0]!.push({
        ...last,
        bias: new NdArray(
          ones.map((p) => Math.log(p / (1 - p))),
          [pixels],
        ),
      });
      return {
        params: {
          encoder: levels.map((i) => chain(root.fold(2 * i), [below(i), ...between, latents])),
          decoder,
          prior: NdArray.zeros([latents]),
        },
        states: levels.map((i) => estimator.init?.([latents], root.fold(2 * layers + i)) ?? {}),
      };
    },
    train(params, x, key, states) {
      const next: (EstimatorState | undefined)[] = states.map(() => undefined);
      const noise = (i: number): Key => sharedKey(key.fold(i), x.shape[0]!);
      const layer = (i: number, x: Tensor, within: Mode): Tensor => {
        const a = encode(params, i, x);
        const { sample, readout } = estimator.unit;
        const rest = (h: Tensor, mode: Mode): Tensor => {
          if (mode === "detached") return onward(params, i, x, a, h, (above, j) => sample(above, noise(j)));
          if (mode === "mean") return onward(params, i, x, a, h, readout);
          const own = cost(params, i, x, a, h);
          return i === top ? own : add(own, layer(i + 1, h, mode));
        };
        const downstream = continuation(rest, within);
        const { loss, state } = estimator.estimate(a, noise(i), downstream, states[i] ?? {});
        if (within === "live") next[i] ??= state;
        return loss;
      };
      const loss = layer(0, x, "live");
      return { loss, states: next.map((state) => state ?? {}) };
    },
    bound(params, x, key, samples) {
      const a = encode(params, 0, x);
      const h = bernoulli.sample(tile(a, samples), key.fold(0));
      const costs = onward(params, 0, x, a, h, (above, i) => bernoulli.sample(above, key.fold(i)));
      const weights = neg(reshape(costs, [samples, x.shape[0]!]));
      const most = max(weights, 0);
      return add(most, log(mean(exp(sub(weights, most)), 0)));
    },
    reconstruct: (params, x, key) => sigmoid(decode(params, 0, bernoulli.sample(encode(params, 0, x), key.fold(0)))),
  };
}

/** Affine maps with leaky rectifiers between them. */
const affine = (maps: readonly DenseParams<Tensor>[], x: Tensor): Tensor =>
  maps.reduce((h, map, i) => dense(map, i === 0 ? h : maximum(h, mul(h, LEAK))), x);

/** Bits as −1 and 1. */
const centred = (bits: Tensor): Tensor => sub(mul(bits, 2), 1);
