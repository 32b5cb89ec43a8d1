import type { Backend } from "../../backends/backend.ts";
import { inputAndClasses, type LabelledDataset } from "../../data/dataset.ts";
import { type Classifier, gatedMlp, type Model, mlp } from "../../models/index.ts";
import { Diverged, Interrupted, type Score, type Scores, train } from "../../train/index.ts";
import type { Recipe } from "./rows.ts";

export interface TrialOptions {
  readonly epochs: number;
  /** Decides first weights, order of the examples and noise. */
  readonly seed: number;
  /** Whether the outcome has the test set's scores; a trial that only chooses a setting leaves them out. */
  readonly test: boolean;
  readonly backend: Backend;
  readonly signal?: AbortSignal | undefined;
  /** Is told the share of the training that is done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

interface Plain {
  readonly nll: number;
  readonly error: number;
}

/** What a trial gives, for its selected epoch. NLL in nats, errors and shares in per cent. */
export interface Outcome {
  /** The epoch with the lowest validation error. */
  readonly epoch: number;
  /** All training examples, deterministic readout. */
  readonly train: Plain;
  /** Noise off. */
  readonly valid: Plain;
  readonly test?: {
    /** Noise off: gates open where they pass the fitted threshold. */
    readonly thresholded: Plain;
    /** Gates sampled as in training. */
    readonly stochastic: Plain;
    /** Share of gates that are open on the test set: sampled, and thresholded. */
    readonly on: number;
    readonly open: number;
  };
  /** Each epoch's validation error, and its share of open gates in training steps. */
  readonly curve: readonly { readonly epoch: number; readonly valid: number; readonly on: number }[];
  /** Seconds, evaluation included. */
  readonly secondsPerEpoch: number;
  /** Of one example at test: all of them, and those of open gates alone. */
  readonly multiplyAdds: { readonly dense: number; readonly done: number };
}

/** The network of a recipe, for a data set's examples. */
export const networkOf = ({ trunk, gated }: Recipe, data: Pick<LabelledDataset, "fields">): Classifier =>
  gated
    ? gatedMlp({ ...inputAndClasses(data), gated: [gated], ...(trunk && { trunk }) })
    : mlp({ ...inputAndClasses(data), hidden: trunk ?? [] });

/**
 * Trains a recipe and reads the test set for the epoch of lowest validation error; errors are infinite where the training diverged. The same options give the same numbers, bit for bit.
 * Rejects with the signal's reason when it is aborted.
 */
export async function trial(recipe: Recipe, data: LabelledDataset, options: TrialOptions): Promise<Outcome> {
  const { epochs, seed, test, backend, signal, onProgress } = options;
  const model = networkOf(recipe, data);
  const found = await train(model, data, {
    ...recipe.training,
    epochs,
    seed,
    backend,
    signal,
    onProgress: ({ epoch, step, steps }) => onProgress?.((epoch - 1 + step / steps) / epochs),
  }).catch((error) => {
    if (error instanceof Diverged) return undefined;
    throw error instanceof Interrupted && signal?.aborted ? signal.reason : error;
  });
  if (!found) return lost(test, model);
  const open = openIn(found.test.deterministic);
  return {
    epoch: found.selectedEpoch,
    train: plain(found.train),
    valid: plain(found.valid),
    ...(test && { test: tested(found.test) }),
    curve: found.history.map(({ epoch, train, valid }) => ({
      epoch,
      valid: valid.deterministic.error,
      on: openIn(train),
    })),
    secondsPerEpoch: found.seconds / epochs,
    multiplyAdds: multiplyAdds(model, open / 100),
  };
}

const none: Plain = { nll: Number.POSITIVE_INFINITY, error: Number.POSITIVE_INFINITY };

/** The outcome of a training whose loss was no longer a number. */
const lost = (test: boolean, model: Model): Outcome => ({
  epoch: 0,
  train: none,
  valid: none,
  ...(test && { test: { thresholded: none, stochastic: none, on: 0, open: 0 } }),
  curve: [],
  secondsPerEpoch: 0,
  multiplyAdds: multiplyAdds(model, 0),
});

const plain = ({ nll, error }: Score): Plain => ({ nll, error });

/** Per cent of the gates; all of them where there are none. */
const openIn = ({ gates }: Score): number => 100 * (gates?.[0]?.open ?? 1);

const tested = ({ stochastic, deterministic }: Scores): NonNullable<Outcome["test"]> => ({
  thresholded: plain(deterministic),
  stochastic: plain(stochastic),
  on: openIn(stochastic),
  open: openIn(deterministic),
});

/** @param open share of open gates */
export function multiplyAdds({ layers }: Model, open: number): Outcome["multiplyAdds"] {
  const sum = (share: number): number =>
    layers.reduce((total, { multiplyAdds: all, gates }) => total + all * (gates ? share : 1), 0);
  return { dense: sum(1), done: sum(open) };
}
