import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { floats, integers, type LabelledDataset, type LabelledSplit } from "../../data/dataset.ts";
import { constant, NdArray, type Tensor } from "../../graph/index.ts";
import { type RaceOptions, race, timesFaster } from "../../measure/race.ts";
import type { Model, Params } from "../../models/model.ts";
import { updateFor } from "../../optimizers/index.ts";
import { key } from "../../random/index.ts";
import type { Figure } from "../../statistics/figure.ts";
import type { TrainingConfig } from "../../train/index.ts";
import { incomingOf, initialState, type TrainingState, trainingStep } from "../../train/step.ts";
import { type Account, accountOf } from "./account.ts";

/** Whether labels are learned or read off. */
export type Phase = "training" | "inference";

/** A trained net with gates, and those that it is compared with. */
export interface Subject {
  readonly model: Model;
  /** The same net with nothing skipped, or a dense one of the same width. */
  readonly dense: Model;
  /** Its state, where that is not the gated net's. */
  readonly denseState?: TrainingState<NdArray> | undefined;
  /** A smaller net without gates that is as good. */
  readonly small?: Model | undefined;
  readonly state: TrainingState<NdArray>;
  /** The parameters to read with, where they aren't those of `state`. */
  readonly params?: Params<NdArray> | undefined;
  /** How it was trained. */
  readonly training: TrainingConfig;
}

/** How long a call of one net took, in seconds. */
export interface Time {
  readonly p50: number;
  readonly p95: number;
}

/** One phase at one batch size. */
export interface Timing {
  readonly phase: Phase;
  readonly batch: number;
  readonly gated: Time;
  readonly dense: Time;
  /** How many times as fast the gated net is as the dense one, and the interval of that median over rounds. */
  readonly againstDense: Figure;
  readonly small?: Time;
  readonly againstSmall?: Figure;
  /** Cores that other processes kept busy, by rounds; empty where the system doesn't tell. */
  readonly others: readonly number[];
}

/** Examples that shares of open gates are taken on. */
const COUNTED = 2000;
/**
 * A rate at which weights stay as they are in float32, while all of the update is worked out; not so low that updates become numbers for
 * which the processor takes its slow path.
 */
const STANDSTILL = 1e-12;

/** A training step as it was trained with, but for a maximal norm that is not enforced in every one. */
function step({ training }: Subject, model: Model) {
  const { maxNormEvery = 1, maxNorm } = training;
  const config = { ...training, maxNorm: maxNormEvery === 1 ? maxNorm : undefined };
  return trainingStep(model, updateFor(config, incomingOf(model)), () => constant(STANDSTILL), config);
}
const scores =
  ({ training: { seed } }: Subject, model: Model) =>
  (params: Params<Tensor>, x: Tensor): Tensor =>
    model.output(params, x, "deterministic", key(seed));

/** Multiply-adds in both phases: of training steps on training examples, of inference on validation examples. */
export function accountsOf(subject: Subject, data: LabelledDataset, backend: Backend): Record<Phase, Account> {
  const { model, state, params = state.params } = subject;
  const { batch } = subject.training;
  const training = batchesOf(data.train, model, Math.min(batch, data.train.size), COUNTED);
  const reading = batchesOf(data.valid, model, Math.min(250, data.valid.size), COUNTED);
  return {
    training: accountOf(
      {
        f: step(subject, model),
        batches: training.map(({ x, labels }) => [state, x, labels] as never),
        size: training[0]!.size,
      },
      backend,
    ),
    inference: accountOf(
      { f: scores(subject, model), batches: reading.map(({ x }) => [params, x] as never), size: reading[0]!.size },
      backend,
    ),
  };
}

/**
 * Times the gated net, the same net worked out densely and, where there is one, the smaller dense net, in turns. Every one gets the
 * same examples, handed over at each call.
 */
export async function timingOf(
  subject: Subject,
  data: LabelledDataset,
  {
    phase,
    batch,
    backend,
    ...pace
  }: {
    phase: Phase;
    batch: number;
    backend: Backend;
    rounds: number;
    seconds: number;
    onRound?: RaceOptions["onRound"];
  },
): Promise<Timing> {
  const { model, dense, small, state, denseState } = subject;
  const batches = batchesOf(phase === "training" ? data.train : data.valid, model, batch, 8 * batch);
  const call = (model: Model, own: TrainingState<NdArray>, params: Params<NdArray>): (() => void) => {
    let turn = 0;
    const next = () => batches[turn++ % batches.length]!;
    if (phase === "inference") {
      const program = compile(scores(subject, model), { backend });
      const kept = resident(params as never, { backend });
      return () => void program(kept as never, next().x as never);
    }
    const program = compile(step(subject, model), { backend });
    const kept = resident(own as never, { backend });
    return () => {
      const { x, labels } = next();
      program(kept as never, x as never, labels as never);
    };
  };
  const params = subject.params ?? state.params;
  const fresh = small && freshState(small, subject.training);
  const calls = [
    call(model, state, params),
    denseState ? call(dense, denseState, denseState.params) : call(dense, state, params),
  ];
  if (small && fresh) calls.push(call(small, fresh, fresh.params));
  const { laps, others } = await race(calls, pace);
  const [gated, whole, narrow] = laps;
  const time = ({ p50, p95 }: Time): Time => ({ p50, p95 });
  return {
    ...{ phase, batch, others },
    ...{ gated: time(gated!), dense: time(whole!), againstDense: timesFaster(gated!, whole!) },
    ...(narrow && { small: time(narrow), againstSmall: timesFaster(gated!, narrow) }),
  };
}

/** The state of a network before its first step. */
export const freshState = (model: Model, training: TrainingConfig): TrainingState<NdArray> =>
  initialState(model, updateFor(training, incomingOf(model)), training.seed);

/** Whole batches from the beginning of a split, of about so many examples; a split that is too short begins again. */
function batchesOf({ fields, size: all }: LabelledSplit, { inputShape }: Model, size: number, examples: number) {
  const [inputs, labels] = [floats(fields.x), integers(fields.label)];
  const features = inputs.length / all;
  return Array.from({ length: Math.max(1, Math.round(examples / size)) }, (_, i) => {
    const x = new Float32Array(size * features);
    const wanted = new Int32Array(size);
    for (let row = 0; row < size; row++) {
      const from = (i * size + row) % all;
      x.set(inputs.subarray(from * features, (from + 1) * features), row * features);
      wanted[row] = labels[from]!;
    }
    return { size, x: new NdArray(x, [size, ...inputShape]), labels: new NdArray(wanted, [size]) };
  });
}
