import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { Resident, resident } from "../../compile/resident.ts";
import { type EstimatorConfig, type EstimatorState, estimatorFor } from "../../estimators/index.ts";
import {
  broadcastTo,
  expandDims,
  gradients,
  mean,
  mul,
  NdArray,
  reshape,
  sigmoid,
  square,
  sub,
  sum,
  type Tensor,
  type Tree,
} from "../../graph/index.ts";
import { adam } from "../../optimizers/index.ts";
import { key } from "../../random/index.ts";
import { mean as meanOf } from "../../statistics/sample.ts";
import { Diverged } from "../../train/events.ts";
import { finiteWatch } from "../../train/finite.ts";
import { pacer, pause } from "../../train/pause.ts";
import type { Measured } from "../orderings.ts";

/**
 * The toy that papers on estimators begin with: minimise E[f(b)], f(b) = 1/D Σ (bᵢ − t)², over the logits of D independent bits. The best
 * is b = 0 for t < ½ and b = 1 above; near ½ the signal, (1 − 2t) p(1 − p) / D, is small beside the noise.
 *
 * D = 1 is Tucker et al. 2017, "REBAR", https://arxiv.org/abs/1703.07370 (t = 0.45), and Grathwohl et al. 2018, https://arxiv.org/abs/1711.00123
 * (t = 0.499); D = 200 with the *mean* over bits, so that every bit's gradient carries the noise of 199 others, is Titsias and Shi 2022,
 * https://arxiv.org/abs/2111.05300. Logits start at 0; Adam with rate 0.01, one sample a step, as the second's code has it.
 */
export const toys = {
  targets: [0.45, 0.49, 0.499, 0.51],
  units: [1, 200],
  rate: 0.01,
  steps: 5000,
  /** Times that loss and variance are looked at, the start included. */
  points: 26,
  /** Independent estimates for each variance. */
  estimates: 2000,
  /** Trainings of each estimator, with noise of their own. */
  repeats: 5,
  /** Steps at logits that stay 0, in which averages and learned control variates settle before all are compared there. */
  settling: 2000,
} as const;

export interface ToyPoint {
  readonly step: number;
  /** E[f] at the logits, exactly; the mean over the repeats, and its standard error. */
  readonly loss: number;
  readonly lossError: number;
  /** Variance of one estimate, mean over the bits and the repeats, and its standard error from the estimates (of the first repeat). */
  readonly variance: number;
  readonly error: number;
}

export interface ToyOptions {
  readonly steps: number;
  readonly points: number;
  readonly estimates: number;
  readonly repeats: number;
  readonly rate: number;
  readonly settling: number;
  readonly seed: number;
}

/** What one estimator did on one toy. */
export interface ToyRun {
  readonly points: readonly ToyPoint[];
  /** Its variance at logits 0, where all can be compared, when its state has settled there. */
  readonly settled: Measured;
}

interface ToyState<T> {
  readonly a: T; //          [D]
  readonly estimator: { readonly [name: string]: T };
  readonly optimizer: Tree<T>;
  readonly step: T; //       int32 []
}

/** A variance below this share of the mean square is one of roundings. */
const ROUNDING = 1e-11;

/** Milliseconds between the turns of the event loop, in which Ctrl-C is heard. */
const REST_MS = 100;

const TRAINING = 1;
const MEASUREMENT = 2;

/** What the programs of one estimator on the toys of one size are made from. */
interface Toy {
  readonly estimator: ReturnType<typeof estimatorFor>;
  readonly optimizer: ReturnType<typeof adam>;
  readonly root: ReturnType<typeof key>;
  readonly units: number;
  readonly estimates: number;
  readonly backend: Backend;
}

/** Losses of R rows of logits [R, D], each with its own noise. */
const lossOf = (
  estimator: Toy["estimator"],
  a: Tensor,
  target: Tensor,
  noise: ReturnType<typeof key>,
  state: EstimatorState,
) => estimator.estimate(a, noise, (h) => mean(square(sub(h, target)), 1), state);

/** The program that trains for one step. */
const stepProgram = ({ estimator, optimizer, root, units, backend }: Toy) =>
  compile(
    (state: ToyState<Tensor>, target: Tensor, repeat: Tensor, rate: Tensor) => {
      const noise = root.fold(TRAINING).fold(repeat).fold(state.step);
      const a = expandDims(state.a, 0);
      const { loss, state: next } = lossOf(estimator, a, target, noise, state.estimator);
      const [g] = gradients(sum(loss), [a]);
      const { params, state: memory } = optimizer.update(
        state.a,
        reshape(g!, [units]),
        state.optimizer as Tree<Tensor>,
        rate,
      );
      return {
        state: { a: params as Tensor, estimator: next, optimizer: memory, step: state.step.add(1) },
      };
    },
    { backend },
  );

/** The program that gives the exact loss and the variance of independent estimates at some logits. */
const measureProgram = ({ estimator, root, units, estimates, backend }: Toy) =>
  compile(
    ({ a, estimator: state }: Pick<ToyState<Tensor>, "a" | "estimator">, target: Tensor, place: Tensor) => {
      const rows = broadcastTo(expandDims(a, 0), [estimates, units]);
      const { loss } = lossOf(estimator, rows, target, root.fold(MEASUREMENT).fold(place), state);
      const [g] = gradients(sum(loss), [rows]);
      const deviations = mul(mean(square(sub(g!, mean(g!, 0))), 1), estimates / (estimates - 1));
      const p = sigmoid(a);
      const expected = mean(p.mul(square(sub(1, target))).add(mul(sub(1, p), square(target))));
      const variance = mean(deviations);
      return { loss: expected, variance, spread: mean(square(sub(deviations, variance))), square: mean(square(g!)) };
    },
    { backend },
  );

function freshState({ estimator, optimizer, root, units }: Toy): ToyState<NdArray> {
  const a = NdArray.zeros([units]);
  const state = estimator.init?.([units], root.fold(0)) ?? {};
  return { a, estimator: state, optimizer: optimizer.init(a), step: NdArray.zeros([], "int32") };
}

/** Compiles a toy's programs. What it gives begins with a fresh state, to train and to look at. */
function compileToy(toy: Toy) {
  const { estimator, estimates, backend } = toy;
  const step = stepProgram(toy);
  const measure = measureProgram(toy);
  const notFinite = finiteWatch<ToyState<Tensor>>(backend);

  return (target: number, repeat: number) => {
    const state = resident<ToyState<Tensor>>(freshState(toy), { backend });
    const { a, estimator: own } = state.tree as unknown as ToyState<never>;
    const place = new Resident<Pick<ToyState<Tensor>, "a" | "estimator">>({ a, estimator: own }, backend);
    const which = new NdArray(Int32Array.of(repeat), []);
    return {
      train: (rate: number): unknown => step(state, target, which, rate),
      look(at: number): Measured & { loss: number } {
        const found = measure(place, target, new NdArray(Int32Array.of(at), [])) as Readonly<
          Record<"loss" | "variance" | "spread" | "square", NdArray>
        >;
        const path = notFinite(state);
        const wrong = path ?? Object.entries(found).find(([, value]) => !Number.isFinite(value.item()))?.[0];
        if (wrong !== undefined) throw diverged(estimator.card.name, wrong, at);
        // Estimates that are all the same differ by float32's roundings: that is not a variance.
        const none = found.variance.item() < ROUNDING * found.square.item();
        const error = none ? 0 : Math.sqrt(found.spread.item() / estimates);
        return { loss: found.loss.item(), variance: none ? 0 : found.variance.item(), error };
      },
    };
  };
}

/** Trains one estimator on the toys of one size, and measures it along the way. */
export function toyFor(config: EstimatorConfig, units: number, backend: Backend, options: ToyOptions) {
  const { steps, points, estimates, repeats, rate, settling, seed } = options;
  const estimator = estimatorFor(config, "toys: estimator");
  const begin = compileToy({ estimator, optimizer: adam(), root: key(seed), units, estimates, backend });

  /**
   * Rejects with the signal's reason when it is aborted, with Diverged where a logit, other state or a figure is no longer finite. `onSteps`
   * receives the number of steps so far, settling and all repeats together.
   */
  return async (target: number, signal?: AbortSignal, onSteps?: (steps: number) => void): Promise<ToyRun> => {
    const due = pacer(REST_MS);
    let all = 0;
    const rest = async (): Promise<void> => {
      if (due()) {
        onSteps?.(all);
        await pause();
      }
      signal?.throwIfAborted();
    };
    const still = begin(target, repeats);
    for (let i = 0; i < settling; i++) {
      still.train(0);
      all++;
      await rest();
    }
    const { variance, error } = still.look(0);

    const at = Array.from({ length: points }, (_, i) => Math.round((i * steps) / (points - 1)));
    const runs: (Measured & { loss: number })[][] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const { train, look } = begin(target, repeat);
      const run: (typeof runs)[number] = [];
      let done = 0;
      for (const next of at) {
        for (; done < next; done++) {
          train(rate);
          all++;
          await rest();
        }
        run.push(look(done));
        await rest();
      }
      runs.push(run);
    }
    return {
      points: at.map((step, i) =>
        summary(
          step,
          runs.map((run) => run[i]!),
        ),
      ),
      settled: { variance, error },
    };
  };
}

/** The names of the state and of the figures, in words. */
const words: Readonly<Record<string, string>> = { a: "a logit", square: "the gradient", loss: "E[f]" };

const diverged = (name: string, path: string, step: number): Diverged => {
  const what = words[path] ?? `the ${path.replaceAll(".", " ")}`;
  return new Diverged(`toys: ${what} of ${name} is no longer finite after ${step} steps`, { epoch: 0, step, what });
};

function summary(step: number, runs: readonly (Measured & { loss: number })[]): ToyPoint {
  const [loss, variance] = [meanOf(runs.map((x) => x.loss)), meanOf(runs.map((x) => x.variance))];
  const spread = runs.reduce((total, x) => total + (x.loss - loss) ** 2, 0) / Math.max(1, runs.length - 1);
  return { step, loss, lossError: Math.sqrt(spread / runs.length), variance, error: runs[0]!.error };
}
