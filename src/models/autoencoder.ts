import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { bernoulli } from "../estimators/units/bernoulli.ts";
import { add, exp, log, max, mean, neg, reshape, sigmoid, sub, type Tensor } from "../graph/index.ts";
import { checkSize } from "../graph/size.ts";
import type { Key } from "../random/index.ts";
import { checkChoice, checkKeys, checkNumber, show } from "../rules.ts";
import { evidence } from "./heads/evidence.ts";
import type { Model, Params } from "./model.ts";
import { network as networkOf } from "./network.ts";
import { decode, latent } from "./stages/latent.ts";

/** "linear": one affine map each way. "nonlinear": two more layers of as many units as latents, leaky rectifiers between. */
export const autoencoderNetworks = ["linear", "nonlinear"] as const;
export type AutoencoderNetwork = (typeof autoencoderNetworks)[number];

/** What a binary autoencoder is made from. */
export interface AutoencoderOptions {
  /** [pixels]: each pixel's mean over the training set. It is subtracted from what the encoder reads, and is what the decoder says at first. */
  readonly mean: Float32Array | readonly number[];
  /** "linear": one affine map each way. "nonlinear": two more layers of as many units as latents. */
  readonly network: AutoencoderNetwork;
  /** Binary units of each stochastic layer (default: 200). */
  readonly latents?: number | undefined;
  /** Stochastic layers (default: 1). */
  readonly layers?: number | undefined;
  /** The estimator of the binary units, by name, with options, or one of your own. */
  readonly estimator: EstimatorConfig | Estimator;
  /** Whether gradients compute groups of layers again: less memory at the peak of a step, more time (default: false). */
  readonly recompute?: boolean | undefined;
}

/** A variational autoencoder with binary latents. Losses are in nats, for each example. */
export interface BinaryAutoencoder extends Model<"elbo"> {
  /** Numbers of an example. */
  readonly pixels: number;
  /** The estimator of its binary units. */
  readonly estimator: Estimator;
  /**
   * x [B, pixels] → log (1/S Σₛ p(x, bₛ) / q(bₛ | x)) over S samples [B]: a lower bound of log p(x), for S = 1 the ELBO.
   * Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", 2016, https://arxiv.org/abs/1509.00519
   */
  bound(params: Params<Tensor>, x: Tensor, key: Key, samples: number): Tensor;
  /** x [B, pixels] → the probabilities that the decoder gives for one sample of the latents [B, pixels]. */
  reconstruct(params: Params<Tensor>, x: Tensor, key: Key): Tensor;
}

/**
 * A Bernoulli variational autoencoder as the literature on gradient estimators compares them on:
 *
 *     q(b | x) = Π σ(a),  a = encoder(x − mean),   p(b) = Π σ(c),   p(x | b) = Π σ(decoder(2b − 1))
 *
 * An estimator's downstream loss is f(b) = log q(b | x) − log p(x, b).
 *
 * With two layers x → b₁ → b₂ and back, a layer's f is its own log q(bᵢ | below) − log p(below | bᵢ), plus the next layer's loss with its
 * estimator in it.
 *
 * Throws UserError for a size that isn't a whole number of at least 1, or an estimator that doesn't exist.
 */
export function autoencoder(options: AutoencoderOptions): BinaryAutoencoder {
  const { mean: means, network, latents = 200, layers = 1, estimator, recompute, ...unknown } = options;
  checkKeys("autoencoder", unknown, ["mean", "network", "latents", "layers", "estimator", "recompute"]);
  checkChoice("autoencoder: network", network, autoencoderNetworks);
  checkNumber("autoencoder: latents", latents, { whole: true, atLeast: 1 });
  checkNumber("autoencoder: layers", layers, { whole: true, atLeast: 1, atMost: 1000 });
  if (!(means?.length > 0))
    throw new UserError(
      `autoencoder: mean must hold the mean of each pixel over the training set, received ${show(means)}`,
    );
  const pixels = means.length;
  checkSize("autoencoder: latents, whose weights are", [Math.max(pixels, latents), latents]);
  const hidden = network === "linear" ? [] : [latents, latents];
  const model = networkOf({
    ...{ name: "autoencoder", input: pixels, head: evidence(), recompute },
    stages: Array.from({ length: layers }, (_, i) =>
      latent({ units: latents, estimator, hidden, ...(i === 0 && { mean: Array.from(means) }) }),
    ),
    subjects: Array.from({ length: layers }, () => "autoencoder"),
  });
  const [first] = model.unitLayers;
  const rows = 2 * (hidden.length + 1) + Number(layers === 1);
  return {
    ...model,
    pixels,
    estimator: first!.estimator,
    bound(params, x, key, samples) {
      const weights = neg(reshape(model.losses(params, { x }, "stochastic", key, samples), [samples, x.shape[0]!]));
      const most = max(weights, 0);
      return add(most, log(mean(exp(sub(weights, most)), 0)));
    },
    reconstruct(params, x, key) {
      const { a } = model.cut(params, x, 0, key);
      return sigmoid(decode(params.slice(0, rows), bernoulli.sample(a, key.fold(0))));
    },
  };
}
