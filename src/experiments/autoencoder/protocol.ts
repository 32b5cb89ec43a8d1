import type { AutoencoderNetwork } from "../../models/autoencoder.ts";

/** What all trainings of the comparison share. */
export interface Protocol {
  readonly batch: number;
  readonly latents: number;
  /** Adam's learning rate, for the encoder and the decoder. */
  readonly rate: number;
  /** Learning rate of plain descent on the prior's logits. */
  readonly priorRate: number;
  /** Samples of the bound on the test set. */
  readonly samples: number;
  /** Decides the data's binarisation, and nothing else: every run sees the same images. */
  readonly binarisation: number;
}

/**
 * The setting in which Dong, Mnih and Tucker compare estimators ("DisARM", 2020, https://arxiv.org/abs/2006.10680, and its code): data
 * mean subtracted at the encoder, bits sent to the decoder as −1 and 1, its last bias started at the pixels' log-odds.
 *
 * Theirs runs for 1,000,000 steps on images that are binarised afresh at every step, and sums the encoder's gradient over the batch, which
 * Adam doesn't notice. Their decoder learns from a sample of its own, ours from the estimator's primary sample.
 */
export const protocol: Protocol = {
  batch: 50,
  latents: 200,
  rate: 1e-4,
  priorRate: 1e-2,
  samples: 100,
  binarisation: 1,
};

/** A published figure, to stand beside ours. */
export interface Published {
  readonly data: "mnist" | "fashion-mnist";
  readonly network: AutoencoderNetwork;
  readonly layers: number;
  /** Highest training ELBO, in nats. */
  readonly elbo: Readonly<Record<string, number>>;
}

export const publishedSource =
  "Grathwohl et al. 2018, Backpropagation through the void, https://arxiv.org/abs/1711.00123, table 1: highest training ELBO in 2,000,000 steps with batches of 24, the learning rate chosen for each estimator";

export const published: readonly Published[] = [
  {
    data: "mnist",
    network: "linear",
    layers: 1,
    elbo: { concrete: -111.3, nvil: -112.5, muprop: -111.7, rebar: -111.6, relax: -111.2 },
  },
  {
    data: "mnist",
    network: "linear",
    layers: 2,
    elbo: { concrete: -99.62, nvil: -99.6, muprop: -99.07, rebar: -98.22, relax: -98.0 },
  },
  {
    data: "mnist",
    network: "nonlinear",
    layers: 1,
    elbo: { concrete: -102.2, nvil: -101.5, muprop: -101.1, rebar: -81.01, relax: -78.13 },
  },
];

/** The published figure for an estimator, where there is one. */
export const publishedElbo = (
  data: string,
  network: AutoencoderNetwork,
  layers: number,
  estimator: string,
): number | undefined =>
  published.find((row) => row.data === data && row.network === network && row.layers === layers)?.elbo[estimator];

/** What is compared where nobody asks for others: the first one's training gives the parameters at which all are measured. */
export const compared: readonly string[] = [
  "leave-one-out:samples=4",
  "leave-one-out:samples=2",
  "score-function",
  "score-function-moving-average",
  "score-function-minimum-variance",
  "nvil",
  "arm",
  "disarm",
  "arms:samples=4",
  "double-control-variate:samples=2",
  "double-control-variate:samples=4",
  "rebar",
  "relax",
  "muprop",
  "straight-through-slope",
  "straight-through-gumbel",
  "reinmax",
  "concrete",
];
