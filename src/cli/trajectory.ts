import type { Backend } from "../backends/backend.ts";
import type { RunConfig } from "../config/index.ts";
import { batchCount, batches, type Dataset, shuffled } from "../data/index.ts";
import { compile, type Model, type NdArray, type Params, resident } from "../index.ts";
import { fed } from "../models/feed.ts";
import { rateFor, updateFor } from "../optimizers/index.ts";
import { augmentationFor } from "../train/augment.ts";
import { watchedIn } from "../train/begin.ts";
import { finiteWatch, nameOf } from "../train/finite.ts";
import { Diverged, incomingOf, initialState, type TrainingState, trainingStep } from "../train/index.ts";
import { clockOf, lengthOf } from "../train/length.ts";
import { weightNoiseFor } from "../train/weight-noise/index.ts";

/** A network at some step of its training. */
export interface Moment {
  readonly step: number;
  readonly params: Params<NdArray>;
  readonly states: TrainingState<NdArray>["estimators"];
}

/**
 * The training that a job describes, as far as the last of the steps asked for (in ascending order): the network at each of them. Throws Diverged
 * where an array of it is no longer finite there.
 */
export async function* trajectory(
  model: Model,
  data: Dataset,
  job: RunConfig,
  { at, backend, onStep }: { at: readonly number[]; backend: Backend; onStep: (step: number) => Promise<void> },
): AsyncGenerator<Moment, void, void> {
  const { training: config } = job;
  const { seed } = config;
  const steps = batchCount(data.train.size, config.batch, { last: "keep" });
  const update = updateFor(config, incomingOf(model));
  const rate = rateFor(config.optimizer.rate, config.schedule, clockOf(lengthOf(data, config), config));
  const noise = weightNoiseFor(config, model, data.train.size);
  const fresh = initialState(model, update, config.seed, { weightNoise: noise });
  const state = resident(fresh, { backend });
  const train = compile(trainingStep(model, update, rate, config, noise), { backend });
  const augmented = augmentationFor(config, model, data);
  const notFinite = finiteWatch(backend, watchedIn(fresh));
  const now = (step: number): Moment => {
    const path = notFinite(state);
    if (path !== undefined) {
      const what = nameOf(path, model);
      const message = `measure: ${what} is no longer finite at step ${step}: try a rate ten times lower`;
      throw new Diverged(message, { epoch: Math.ceil(step / steps), step, what });
    }
    const { params, estimators } = state.read();
    return { step, params, states: estimators };
  };
  let step = 0;
  const wanted = [...at];
  const last = wanted.at(-1)!;
  if (wanted[0] === 0) {
    wanted.shift();
    yield now(0);
  }
  for (let epoch = 1; step < last; epoch++) {
    for (const batch of batches(data.train, config.batch, shuffled(data.train.size, seed, epoch), {
      last: "keep",
    })) {
      train(state, ...fed(model, augmented(batch, epoch).fields));
      step++;
      await onStep(step);
      if (step !== wanted[0]) continue;
      wanted.shift();
      yield now(step);
      if (step === last) return;
    }
  }
}
