import { add, less, mean, mul, NdArray, pathOf, sum, type Tensor, type Tree, valueAndGrad } from "../graph/index.ts";
import { inPart } from "../graph/part.ts";
import { ofExample, withRowsBeyond } from "../models/carried.ts";
import { batchOf } from "../models/feed.ts";
import type { Batch } from "../models/head.ts";
import type { Model, Params, TrainingPass } from "../models/model.ts";
import type { Incoming, Optimizer } from "../optimizers/index.ts";
import { type Key, key } from "../random/index.ts";
import type { TrainingConfig } from "./config.ts";
import {
  nothingLearned,
  type Trainable,
  type WeightNoise,
  type WeightNoiseState,
} from "./weight-noise/weight-noise.ts";

/** Everything that a step changes. T is NdArray outside of a graph and Tensor within. */
export interface TrainingState<T> {
  readonly params: Params<T>;
  readonly estimators: readonly { readonly [name: string]: T }[];
  readonly optimizer: Tree<T>;
  /** int32 []: steps done. */
  readonly step: T;
  readonly weightNoise: WeightNoiseState<T>;
  /** What the rows of a batch carry to the next one, as `Model.carried` has it; empty where nothing is carried. */
  readonly carried: Params<T>;
}

/** Keep the noise of training and of evaluation apart from each other and from the first weights'. */
export const TRAINING_NOISE = 0x545241;
const INPUT_NOISE = 0x494e50;
export const EVALUATION_NOISE = 0x45564c;

/** What else a training begins with. */
export interface Beginning {
  readonly weightNoise?: WeightNoise | undefined;
  /** Examples of a batch (default: no state is carried from batch to batch, whatever the model says). */
  readonly batch?: number | undefined;
}

/** The state before the first step; the same seed gives the same numbers. */
export function initialState(
  model: Model,
  optimizer: Optimizer,
  seed: number,
  { weightNoise, batch }: Beginning = {},
): TrainingState<NdArray> {
  const { params, states } = model.init(seed);
  return {
    params,
    estimators: states,
    optimizer: optimizer.init(params),
    step: NdArray.zeros([], "int32"),
    weightNoise: weightNoise?.init(params) ?? nothingLearned,
    carried: (batch !== undefined && model.carried?.(batch)) || [],
  };
}

/** How max-norm finds a unit's incoming weights among a model's parameters. */
export function incomingOf({ layers }: Model): Incoming {
  const axes = new Map<string, readonly number[] | undefined>(
    layers.flatMap(({ parameters }, i) => parameters.map(({ name, incoming }) => [pathOf(i, name), incoming] as const)),
  );
  return (path) => axes.get(path);
}

/** The name of the number of steps among sums of metrics. */
export const STEPS = "count of steps";

/** What a step gives: means and sums over its batch. */
export interface StepResult<T> {
  readonly state: TrainingState<T>;
  readonly loss: T; // [] mean
  /** [] each: sums of what the head's metrics are means of, but for the loss, and under `STEPS` of the steps that count. */
  readonly sums: { readonly [metric: string]: T };
  /** [] each: what the stages report. */
  readonly observed: readonly { readonly [name: string]: T }[];
}

/** Each number is 0 with a chance of its own, else x / (1 − share), which keeps the mean. */
const dropped = (x: Tensor, share: number, noise: Key): Tensor =>
  mul(x, mul(less(noise.uniform(x.shape), 1 - share), 1 / (1 - share)));

type Noise = Pick<TrainingConfig, "seed" | "inputDropout">;

/** A step's pass through the network, and the gradients of its mean loss, with the penalties that are added. */
export const differentiatedStep =
  (model: Model, { seed, inputDropout = 0 }: Noise, weightNoise?: WeightNoise) =>
  (state: TrainingState<Tensor>, [x, ...others]: readonly Tensor[]) => {
    const noise = key(seed).fold(TRAINING_NOISE).fold(state.step);
    const seen = inputDropout === 0 ? x! : dropped(x!, inputDropout, key(seed).fold(INPUT_NOISE).fold(state.step));
    const batch = batchOf(model, [seen, ...others]);
    const carried = state.carried.length > 0 ? state.carried : undefined;
    const passAt = (params: Params<Tensor>, of: Batch<Tensor>, example?: number): TrainingPass =>
      example === undefined
        ? model.train(params, of, noise, state.estimators, carried)
        : model.train(params, of, noise.fold(example), state.estimators, carried && ofExample(carried, example));
    const lossOf = (at: Trainable): [Tensor, TrainingPass] => {
      const pass = weightNoise ? weightNoise.train(at, batch, state.step, passAt) : passAt(at.params, batch);
      const added = [pass.penalty, weightNoise?.cost?.(at)].filter((term) => term !== undefined);
      const loss = inPart(
        () => "the loss",
        () => added.reduce((sum, term) => add(sum, term), mean(pass.loss)),
      );
      return [loss, pass];
    };
    const { logDeviation } = state.weightNoise;
    const [[, pass], grads] = valueAndGrad(lossOf)({ params: state.params, logDeviation });
    return { pass, grads };
  };

/**
 * One training step as a function to compile: gradients of the mean loss, the update, the next state.
 * @param rate        learning rate of a step number: int32 [] → []
 * @param weightNoise that of the config; its deviations are part of the state
 */
export const trainingStep = (
  model: Model,
  optimizer: Optimizer,
  rate: (step: Tensor) => Tensor,
  noise: Noise,
  weightNoise?: WeightNoise,
) => {
  const measured = model.head.metrics.filter(({ isLoss }) => !isLoss).map(({ name }) => name);
  const differentiated = differentiatedStep(model, noise, weightNoise);
  return (state: TrainingState<Tensor>, ...given: readonly Tensor[]): StepResult<Tensor> => {
    const { pass, grads } = differentiated(state, given);
    const own = [state.params as Tree<Tensor>, grads.params as Tree<Tensor>, state.optimizer] as const;
    const updated = inPart(
      () => "the update",
      () => optimizer.update(...own, rate(state.step)),
    );
    return {
      state: {
        params: (updated.params as Params<Tensor>).map((layer, i) => ({ ...layer, ...pass.moved[i] })),
        estimators: pass.states,
        optimizer: updated.state,
        step: add(state.step, 1),
        weightNoise:
          weightNoise?.update?.(state.weightNoise, grads.logDeviation, rate(state.step)) ?? state.weightNoise,
        carried: pass.carried ? withRowsBeyond(state.carried, pass.carried) : [],
      },
      loss: inPart(
        () => "the loss",
        () => mean(pass.loss),
      ),
      sums: measured.length === 0 ? {} : sumsOf(model, state.params, pass.output, given, measured),
      observed: pass.observed,
    };
  };
};

/** Sums over a batch of what metrics are means of, for the outputs of a training step. */
function sumsOf(
  model: Model,
  params: Params<Tensor>,
  output: Tensor,
  given: readonly Tensor[],
  metrics: readonly string[],
): { readonly [metric: string]: Tensor } {
  const own = model.head.row ? params.at(-1)! : {};
  const batch = batchOf(model, given);
  const scores = model.head.score({ output, batch, own, losses: undefined });
  const sums = Object.fromEntries(metrics.map((name) => [name, sum(scores[name]!)]));
  const steps = model.head.steps?.(batch);
  return steps ? { ...sums, [STEPS]: sum(steps) } : sums;
}
