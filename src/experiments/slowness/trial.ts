import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { Resident, resident } from "../../compile/resident.ts";
import { batches, shuffled } from "../../data/batches.ts";
import { checkDataset } from "../../data/check.ts";
import type { LabelledDataset, LabelledSplit } from "../../data/dataset.ts";
import { constant, NdArray, type Tensor } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { momentum } from "../../optimizers/index.ts";
import { finiteWatch } from "../../train/finite.ts";
import { pacer, pause } from "../../train/pause.ts";
import { initialState, type TrainingState, trainingStep } from "../../train/step.ts";
import { type Score, scorer } from "./score.ts";

/** How one network is trained. Everything but model and rate is equal for all that are compared. */
export interface TrialOptions {
  readonly rate: number;
  readonly momentum: number;
  readonly batch: number;
  readonly steps: number;
  /** Decides first weights, order of the examples and noise. */
  readonly seed: number;
  /** Scores along the way, beside that of the first weights. */
  readonly points: number;
  /** Training examples that each of them is taken on, the first ones. */
  readonly scored: number;
  /** Samples of the units where they can't be enumerated. */
  readonly samples: number;
  /** Whether the test set is read at the end; a trial that only chooses a rate leaves it alone. */
  readonly test: boolean;
  readonly backend: Backend;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((step: number) => void) | undefined;
  /** Is given each score along the way. */
  readonly onPoint?: ((point: Point) => void) | undefined;
  /** Is given the parameters at each of `snapshots`, numbers of steps. */
  readonly snapshots?: readonly number[];
  readonly onSnapshot?: (step: number, params: Params<NdArray>) => Promise<void>;
}

/** A score on training examples after a number of steps. */
export interface Point {
  readonly step: number;
  readonly nll: number;
  readonly readout: number;
}

/** What a trial gives. Numbers that overflowed are infinite, and all of them once a parameter or other state is no longer finite. */
export interface Outcome {
  readonly curve: readonly Point[];
  readonly train: Score;
  readonly valid: Score;
  readonly test?: Score;
}

/** Steps to score at: 0, then closer together at the start, where curves are steep. */
export const pointsOf = (steps: number, points: number): number[] => [
  ...new Set(Array.from({ length: points + 1 }, (_, i) => Math.round(steps * (i / points) ** 2))),
];

/**
 * Trains a network for a number of steps at a constant rate, with momentum. The same options give the same numbers, bit for bit.
 * Rejects with the signal's reason when it is aborted.
 */
export async function trial(model: Model, data: LabelledDataset, options: TrialOptions): Promise<Outcome> {
  const { backend, steps, batch, seed, signal, scored, snapshots = [] } = options;
  checkDataset("slowness", data);
  const optimizer = momentum({ momentum: options.momentum });
  const step = compile(
    trainingStep(model, optimizer, () => constant(options.rate), { seed }),
    { backend },
  );
  const state = resident<TrainingState<Tensor>>(initialState(model, optimizer, seed), { backend });
  const params = new Resident<Params<Tensor>>((state.tree as { params: never }).params, backend);
  const scoreOf = scorer(model, { backend, samples: options.samples, signal });
  const notFinite = finiteWatch<TrainingState<Tensor>>(backend);
  // Units that sample send 0 for a probability of NaN: their scores alone would not show that a training diverged.
  const score = async (split: LabelledSplit, limit?: number): Promise<Score> =>
    notFinite(state) === undefined ? finite(await scoreOf(params, split, limit)) : lost;
  const due = pacer(50);

  const curve: Point[] = [];
  const wanted = new Set(pointsOf(steps, options.points));
  const look = async (done: number): Promise<void> => {
    if (wanted.has(done)) {
      const { nll, readout } = await score(data.train, scored);
      const point = { step: done, nll, readout: readout.nll };
      curve.push(point);
      options.onPoint?.(point);
    }
    if (snapshots.includes(done)) await options.onSnapshot?.(done, params.read() as Params<NdArray>);
  };

  await look(0);
  let done = 0;
  for (let epoch = 1; done < steps; epoch++) {
    for (const { size, fields } of batches(data.train, batch, shuffled(data.train.size, seed, epoch))) {
      step(state, new NdArray(fields.x.data, [size, ...model.inputShape]), fields.label);
      await look(++done);
      if (due()) {
        options.onProgress?.(done);
        await pause();
      }
      signal?.throwIfAborted();
      if (done === steps) break;
    }
  }
  const outcome = {
    curve,
    train: await score(data.train, scored),
    valid: await score(data.valid),
    ...(options.test && { test: await score(data.test) }),
  };
  return outcome;
}

/** The score of what isn't finite: every example is wrong. */
const lost: Score = {
  nll: Number.POSITIVE_INFINITY,
  error: 100,
  readout: { nll: Number.POSITIVE_INFINITY, error: 100 },
};

const orInfinite = (value: number): number => (Number.isFinite(value) ? value : Number.POSITIVE_INFINITY);

const finite = ({ nll, error, readout }: Score): Score => ({
  nll: orInfinite(nll),
  error,
  readout: { nll: orInfinite(readout.nll), error: readout.error },
});
