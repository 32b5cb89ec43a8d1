import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { type Dataset, mapFields, type Split } from "../data/dataset.ts";
import { constant, NdArray, type Tensor } from "../graph/index.ts";
import { type RaceOptions, race, timesFaster } from "../measure/race.ts";
import { batchOf, fed } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import { updateFor } from "../optimizers/index.ts";
import { key } from "../random/index.ts";
import type { Figure } from "../statistics/figure.ts";
import type { TrainingConfig } from "../train/index.ts";
import { incomingOf, initialState, type TrainingState, trainingStep } from "../train/step.ts";
import { weightNoiseFor } from "../train/weight-noise/index.ts";
import { type Account, accountOf } from "./account.ts";

/** A step of training, or reading the network at test. */
export type Phase = "training" | "inference";

/** A trained network, and those that it is compared with. */
export interface Subject {
  readonly model: Model;
  /** The same network with nothing skipped, or a dense one of the same width; undefined: there is nothing to compare with. */
  readonly dense?: Model | undefined;
  /** Its state, where that is not the network's own. */
  readonly denseState?: TrainingState<NdArray> | undefined;
  /** A smaller net without gates that is as good. */
  readonly small?: Model | undefined;
  readonly state: TrainingState<NdArray>;
  /** The parameters to read with, where they aren't those of `state`. */
  readonly params?: Params<NdArray> | undefined;
  /** How it was trained. */
  readonly training: TrainingConfig;
}

/** How long a call of one network took, in seconds. */
export interface Time {
  readonly p50: number;
  readonly p95: number;
  /** The middle half of the calls took from this long to that long. */
  readonly quartiles: readonly [low: number, high: number];
}

/** One phase at one batch size. */
export interface Timing {
  readonly phase: Phase;
  readonly batch: number;
  /** Of the network itself. */
  readonly gated: Time;
  readonly dense?: Time;
  /** How many times as fast the network is as the dense one, and the interval of that median over rounds. */
  readonly againstDense?: Figure;
  readonly small?: Time;
  readonly againstSmall?: Figure;
  /** Cores that other processes kept busy, by rounds; empty where the system doesn't tell. */
  readonly others: readonly number[];
}

/** A timing against the dense network. */
export type ComparedTiming = Timing & Required<Pick<Timing, "dense" | "againstDense">>;

/** What is timed, and for how long. */
export interface Timed {
  readonly phase: Phase;
  readonly batch: number;
  readonly backend: Backend;
  readonly rounds: number;
  readonly seconds: number;
  readonly onRound?: RaceOptions["onRound"];
}

/** Examples that shares of open gates are taken on. */
const COUNTED = 2000;
/**
 * A rate at which weights stay as they are in float32, while all of the update is computed; not so low that updates become numbers for
 * which the processor takes its slow path.
 */
const STANDSTILL = 1e-12;

/** A training step as it was trained with, but for a maximal norm that is not enforced in every one. */
export function stepOf(training: TrainingConfig, model: Model) {
  const { maxNormEvery = 1, maxNorm } = training;
  const config = { ...training, maxNorm: maxNormEvery === 1 ? maxNorm : undefined };
  const update = updateFor(config, incomingOf(model));
  return trainingStep(model, update, () => constant(STANDSTILL), config, noiseFor(training, model));
}

/** What is read at test: the network's output, or its losses where the head makes nothing of that. */
const reading =
  ({ training: { seed } }: Subject, model: Model) =>
  (params: Params<Tensor>, ...given: readonly Tensor[]): Tensor => {
    const { readout } = model.head.select;
    const batch = batchOf(model, given);
    if (!model.head.loss) return model.losses(params, batch, readout, key(seed));
    return model.output(params, given[0]!, readout, key(seed), batch);
  };

/** Multiply-adds in both phases: of training steps on training examples, of inference on validation examples. */
export function accountsOf(subject: Subject, data: Dataset, backend: Backend): Record<Phase, Account> {
  const { model, state, params = state.params } = subject;
  const { batch } = subject.training;
  const training = batchesOf(data.train, model, Math.min(batch, data.train.size), COUNTED);
  const read = batchesOf(data.valid, model, Math.min(250, data.valid.size), COUNTED);
  return {
    training: accountOf(
      {
        f: stepOf(subject.training, model),
        batches: training.map(({ arrays }) => [{ ...state }, ...arrays] as const),
        size: training[0]!.size,
      },
      backend,
    ),
    inference: accountOf(
      {
        f: reading(subject, model),
        batches: read.map(({ arrays }) => [params, ...arrays] as const),
        size: read[0]!.size,
      },
      backend,
    ),
  };
}

/**
 * Times the network and, where there are such, the same network with nothing skipped and the smaller dense one, in turns. Every one gets the
 * same examples, handed over at each call.
 */
export function timingOf(
  subject: Subject & { readonly dense: Model },
  data: Dataset,
  how: Timed,
): Promise<ComparedTiming>;
export function timingOf(subject: Subject, data: Dataset, how: Timed): Promise<Timing>;
export async function timingOf(
  subject: Subject,
  data: Dataset,
  { phase, batch, backend, ...pace }: Timed,
): Promise<Timing> {
  const { model, dense, small, state, denseState } = subject;
  const batches = batchesOf(phase === "training" ? data.train : data.valid, model, batch, 8 * batch);
  const call = (model: Model, own: TrainingState<NdArray>, params: Params<NdArray>): (() => void) => {
    let turn = 0;
    const next = () => batches[turn++ % batches.length]!;
    if (phase === "inference") {
      const program = compile(reading(subject, model), { backend });
      const kept = resident(params, { backend });
      return () => void program(kept, ...next().arrays);
    }
    const program = compile(stepOf(subject.training, model), { backend });
    const kept = resident(own, { backend });
    return () => {
      program(kept, ...next().arrays);
    };
  };
  const params = subject.params ?? state.params;
  const fresh = small && freshState(small, subject.training);
  const calls = [call(model, state, params)];
  if (dense) calls.push(denseState ? call(dense, denseState, denseState.params) : call(dense, state, params));
  if (small && fresh) calls.push(call(small, fresh, fresh.params));
  const { laps, others } = await race(calls, pace);
  const [gated, ...compared] = laps;
  const whole = dense && compared.shift();
  const [narrow] = compared;
  const time = ({ p50, p95, quartiles }: Time): Time => ({ p50, p95, quartiles });
  return {
    ...{ phase, batch, others },
    gated: time(gated!),
    ...(whole && { dense: time(whole), againstDense: timesFaster(gated!, whole) }),
    ...(narrow && { small: time(narrow), againstSmall: timesFaster(gated!, narrow) }),
  };
}

/** The state of a network before its first step. */
export const freshState = (model: Model, training: TrainingConfig): TrainingState<NdArray> =>
  initialState(model, updateFor(training, incomingOf(model)), training.seed, {
    weightNoise: noiseFor(training, model),
  });

/** The weight noise of its steps, whose arithmetic doesn't depend on the number of examples. */
const noiseFor = (training: TrainingConfig, model: Model) => weightNoiseFor(training, model, 1);

/** Whole batches from the beginning of a split, of about `examples` examples; a split that is too short begins again. */
export function batchesOf({ fields, size: all }: Split, model: Model, size: number, examples: number) {
  return Array.from({ length: Math.max(1, Math.round(examples / size)) }, (_, i) => {
    const batch = mapFields(fields, ({ data, shape, dtype }) => {
      const width = data.length / all;
      const rows = NdArray.zeros([size, ...shape.slice(1)], dtype);
      for (let row = 0; row < size; row++) {
        const from = (i * size + row) % all;
        rows.data.set(data.subarray(from * width, (from + 1) * width), row * width);
      }
      return rows;
    });
    return { size, arrays: fed(model, batch) };
  });
}
