import type { Backend } from "../../backends/backend.ts";
import { batchCount } from "../../data/batches.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/index.ts";
import type { BinaryAutoencoder } from "../../models/autoencoder.ts";
import type { Params } from "../../models/model.ts";
import { Diverged, Interrupted, type Look } from "../../train/events.ts";
import type { TrainResult } from "../../train/result.ts";
import type { TrainingState } from "../../train/step.ts";
import type { Store, StudyTraining } from "../experiment.ts";
import { boundMeter } from "./evaluate.ts";
import { type CurvePoint, Looks, sorted } from "./looks.ts";
import type { Protocol } from "./protocol.ts";
import { initialState, trainingOf } from "./step.ts";
import { type MeasuredVariance, varianceMeter } from "./variance.ts";

export interface RunOptions {
  readonly protocol: Protocol;
  readonly steps: number;
  readonly seed: number;
  /** Pairs of estimates for each variance. */
  readonly pairs: number;
  /** Times that the variance is measured, evenly, after the one at the start; the last step is one. */
  readonly points: number;
  /** Whether to keep the parameters at those places. */
  readonly keep: boolean;
  /** Everything else that decides the run's numbers: a folder of another identity is refused. */
  readonly identity: object;
}

/** What a training went through. */
export interface History {
  readonly curve: readonly CurvePoint[];
  readonly variance: readonly MeasuredVariance[];
  /** Seconds of the training steps alone. */
  readonly seconds: number;
}

export interface Trained extends History {
  readonly state: TrainingState<NdArray>;
  /** The parameters at each place where the variance was measured, where they were kept. */
  readonly kept: readonly Params<NdArray>[];
}

export interface RunProgress {
  readonly step: number;
  readonly elbo: number;
  readonly stepsPerSecond: number;
}

/** Entries of the curve, and the examples that each looks at. */
const ENTRIES = 50;
const LOOKED_AT = 2000;

/** Where a run keeps what it has seen, and how it trains: with checkpoints, resuming what was stopped. */
export interface Place {
  readonly looks: Store;
  train(model: BinaryAutoencoder, data: Dataset, options: StudyTraining): Promise<Finished>;
}

/** What is asked of a training that is done. */
type Finished = Pick<TrainResult<string>, "examplesPerSecond">;

/**
 * Trains an autoencoder, or resumes the training that is there: with the same seed, backend and data the result is
 * the same bit for bit wherever it was stopped. Rejects with Interrupted after the signal was aborted, with UserError for data that aren't as
 * they must be or a place of another run, and with Diverged where the loss, the ELBO, a parameter or other state is no longer finite.
 */
export async function runAutoencoder(
  model: BinaryAutoencoder,
  data: Dataset,
  backend: Backend,
  place: Place,
  { protocol, steps, seed, pairs, points, keep, identity }: RunOptions,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (at: RunProgress) => void } = {},
): Promise<Trained> {
  const { batch } = protocol;
  const looks = await Looks.of(
    place.looks,
    { ...identity, steps, pairs, points, keep },
    initialState(model, protocol, seed),
  );
  const every = Math.max(1, Math.round(steps / ENTRIES));
  const places = new Set(Array.from({ length: points + 1 }, (_, i) => Math.round((i * steps) / points)));
  const isEntry = (step: number): boolean => step > 0 && (step % every === 0 || step === steps);
  const measure = varianceMeter(model, backend, data.train, { batch, pairs, seed });
  const elboOf = boundMeter(model, backend, 1, seed);

  const onLook = (look: Look): Promise<void> =>
    seen(look).catch((error) => {
      // A look that was cut short is repeated: the checkpoint is of before.
      throw signal?.aborted ? interrupted(look.step) : error;
    });
  const interrupted = (step: number): Interrupted => {
    const ofEpoch = batchCount(data.train.size, batch, { last: "keep" });
    const epoch = Math.max(1, Math.ceil(step / ofEpoch));
    return new Interrupted(epoch, step - (epoch - 1) * ofEpoch, place.looks.name);
  };
  const seen = async (look: Look): Promise<void> => {
    const { step } = look;
    if (isEntry(step)) {
      const elbo = await elboOf(look.params, data.train, LOOKED_AT, signal);
      if (!Number.isFinite(elbo)) throw diverged(step, elbo);
      looks.curve.set(step, { step, elbo, running: -look.loss });
      look.restart();
    }
    if (places.has(step)) {
      const now = look.read();
      looks.variance.set(step, await measure(now, signal));
      if (keep) looks.kept.set(step, now.params);
      if (step === steps) looks.final = now;
    }
    await looks.save();
  };
  const result = await place.train(model, data, {
    ...trainingOf(protocol, { steps, seed }),
    config: identity,
    lookAt: Array.from({ length: steps + 1 }, (_, i) => i).filter((step) => isEntry(step) || places.has(step)),
    onLook,
    onProgress({ epoch, steps: ofEpoch, step, loss, examplesPerSecond }) {
      const elbo = sorted(looks.curve).at(-1)?.elbo ?? -loss;
      onProgress?.({ step: (epoch - 1) * ofEpoch + step, elbo, stepsPerSecond: examplesPerSecond / batch });
    },
  });
  return {
    curve: sorted(looks.curve),
    variance: sorted(looks.variance),
    seconds: (steps * batch) / result.examplesPerSecond,
    state: looks.final!,
    kept: sorted(looks.kept),
  };
}

const diverged = (step: number, elbo: number): Diverged =>
  new Diverged(`autoencoder: the ELBO is ${elbo} at step ${step}: this estimator doesn't train it`, {
    ...{ epoch: 0, step, what: "the ELBO" },
  });
