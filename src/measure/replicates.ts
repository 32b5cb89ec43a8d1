import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import type { Downstream, Estimator, EstimatorState, EstimatorStateArrays } from "../estimators/estimator.ts";
import { constant, gradients, mapTree, NdArray, sum, type Tensor } from "../graph/index.ts";
import { type Key, key as keyOf, tile } from "../random/index.ts";
import { GROUPS, type Group } from "../statistics/jackknife.ts";
import type { Problem, ProblemInputs } from "./problem.ts";

/** Keep the noise of estimates, of warming up and of first states apart ("EST", "WARM", "INIT"). */
const ESTIMATE = 0x455354;
const WARM = 0x5741524d;
const INIT = 0x494e4954;

/** Most numbers in a batch of copies, the estimator's own samples counted. */
const MOST_NUMBERS = 2 ** 19;
const MOST_COPIES = 256;

/** Passes through the downstream network in one estimate: of all rows, and of those that are differentiated. */
export interface Passes {
  readonly forward: number;
  readonly backward: number;
}

/** Makes independent estimates of one gradient and keeps their sums in groups. */
export interface Replicates {
  /** Adds the same number of estimates to each group, and gives how many to one. */
  sweep(): number;
  /** Estimates in each group so far. */
  readonly size: number;
  groups(): Group[];
}

const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);

/** The gradient [copies·B, H] that an estimator gives for copies of the batch, and what it makes of its state. */
function estimateOf(
  problem: Problem,
  estimator: Estimator,
  { a: once, rest }: ProblemInputs<Tensor>,
  state: EstimatorState,
  key: Key,
  copies: number,
) {
  const a = tile(once, copies);
  const result = estimator.estimate(a, key.fold(0), problem.downstream(rest, copies, key.fold(1)), state);
  return { gradient: gradients(sum(result.loss), [a])[0]!, state: result.state };
}

/** How often an estimator goes through the downstream network, counted while it is traced on one batch. */
export function passesOf(problem: Problem, estimator: Estimator): Passes {
  const rows = { forward: 0, backward: 0 };
  const { a, rest } = mapTree(problem.inputs, (x) => constant(x));
  const through = problem.downstream(rest, 1, keyOf(0));
  const counted: Downstream = (h, mode = "live") => {
    rows.forward += h.shape[0]!;
    if (mode !== "detached") rows.backward += h.shape[0]!;
    return through(h, mode);
  };
  estimator.estimate(
    a,
    keyOf(0),
    counted,
    mapTree(firstState(problem, estimator, 0), (x) => constant(x)),
  );
  return { forward: rows.forward / problem.examples, backward: rows.backward / problem.examples };
}

const firstState = (problem: Problem, estimator: Estimator, seed: number): EstimatorStateArrays =>
  estimator.init?.([problem.units], keyOf(seed).fold(INIT)) ?? {};

/**
 * The state of an estimator after `steps` steps with the parameters held: running averages have settled and baselines have learned.
 * Undefined where it keeps none.
 */
export async function warmed(
  problem: Problem,
  estimator: Estimator,
  options: { backend: Backend; seed: number; steps: number; onStep: (done: number) => Promise<void> },
): Promise<EstimatorStateArrays | undefined> {
  if (!estimator.init) return undefined;
  const { backend, seed, steps, onStep } = options;
  const step = compile(
    (state: EstimatorState, inputs: ProblemInputs<Tensor>, index: Tensor) => {
      const key = keyOf(seed).fold(WARM).fold(index);
      return { state: estimateOf(problem, estimator, inputs, state, key, 1).state };
    },
    { backend },
  );
  const state = resident(firstState(problem, estimator, seed), { backend });
  for (let i = 0; i < steps; i++) {
    step(state, problem.warmup?.(i) ?? problem.inputs, scalar(i));
    await onStep(i + 1);
  }
  return state.read();
}

/** Estimates of one gradient with the state held, `copies` of the batch in one call. The same seed gives the same estimates. */
export function replicates(
  problem: Problem,
  estimator: Estimator,
  options: {
    backend: Backend;
    seed: number;
    state?: EstimatorStateArrays | undefined;
    passes: Passes;
    /** Is given the estimates of each call, [B·H] one after another. */
    onEstimates?: (estimates: ArrayLike<number>) => void;
  },
): Replicates {
  const { backend, seed, state, passes, onEstimates } = options;
  const numbers = problem.examples * problem.units;
  const copies = Math.max(1, Math.min(MOST_COPIES, Math.floor(MOST_NUMBERS / (numbers * passes.forward))));
  const program = compile(
    (inputs: ProblemInputs<Tensor>, held: EstimatorState, index: Tensor) => ({
      gradient: estimateOf(problem, estimator, inputs, held, keyOf(seed).fold(ESTIMATE).fold(index), copies).gradient,
    }),
    { backend },
  );
  const inputs = resident(problem.inputs, { backend });
  const accumulators = Array.from({ length: GROUPS }, () => accumulator(numbers));
  let sweeps = 0;
  return {
    sweep() {
      accumulators.forEach((group, s) => {
        const { gradient } = program(inputs, state ?? {}, scalar(sweeps * GROUPS + s));
        group.add(gradient.data);
        onEstimates?.(gradient.data);
      });
      sweeps++;
      return copies;
    },
    get size() {
      return sweeps * copies;
    },
    groups: () => accumulators.map((group) => group.read()),
  };
}

/** Means and variances in one pass over vectors of `length`, in double precision and relative to the first vector. */
export function accumulator(length: number) {
  let origin: Float64Array | undefined;
  const total = new Float64Array(length);
  let squares = 0;
  let count = 0;
  return {
    /** @param vectors one after another */
    add(vectors: ArrayLike<number>): void {
      origin ??= Float64Array.from({ length }, (_, i) => vectors[i]!);
      for (let at = 0; at < vectors.length; at += length) {
        for (let i = 0; i < length; i++) {
          const d = vectors[at + i]! - origin[i]!;
          total[i]! += d;
          squares += d * d;
        }
        count++;
      }
    },
    read(): Group {
      const between = total.reduce((t, x) => t + x * x, 0) / count;
      return {
        mean: total.map((x, i) => origin![i]! + x / count),
        variance: Math.max(0, squares - between) / (count - 1),
      };
    },
  };
}
