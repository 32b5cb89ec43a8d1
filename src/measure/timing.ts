import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import type { Estimator, EstimatorState } from "../estimators/estimator.ts";
import { gradients, NdArray, sum, type Tensor } from "../graph/index.ts";
import { key as keyOf } from "../random/index.ts";
import type { Figure } from "../statistics/figure.ts";
import { medianInterval } from "../statistics/sample.ts";
import type { Problem, ProblemInputs } from "./problem.ts";

const ROUNDS = 31;
/** A round runs each step for at least so long: the clock must see it. */
const ROUND_SECONDS = 0.003;

/** A function that takes one step, ready to be timed: a whole training step where the problem has one, the estimate alone otherwise. */
export function timedStep(
  problem: Problem,
  estimator: Estimator,
  options: { backend: Backend; seed: number },
): () => void {
  const { backend, seed } = options;
  if (problem.step) return problem.step(estimator, backend);
  const program = compile(
    ({ a, rest }: ProblemInputs<Tensor>, state: EstimatorState, index: Tensor) => {
      const key = keyOf(seed).fold(index);
      const { loss } = estimator.estimate(a, key.fold(0), problem.downstream(rest, 1, key.fold(1)), state);
      return { gradient: gradients(sum(loss), [a])[0]! };
    },
    { backend },
  );
  const inputs = resident(problem.inputs, { backend });
  const state = estimator.init?.([problem.units], keyOf(seed)) ?? {};
  const index = NdArray.zeros([], "int32");
  return () => void program(inputs, state, index);
}

/**
 * Seconds of one call of each function: the median over rounds, in each of which all are run in turn, so that what else the machine
 * does meets them alike. The interval is that of the median, by order statistics (97 % for 31 rounds).
 */
export async function interleaved(
  steps: readonly (() => void)[],
  onRound: (done: number, of: number) => Promise<void>,
): Promise<Figure[]> {
  const run = (step: () => void, times: number): number => {
    const from = performance.now();
    for (let i = 0; i < times; i++) step();
    return (performance.now() - from) / 1000 / times;
  };
  /** How many calls take a round. A browser's clock may stand still for 0.1 ms, and sees many calls of a quick step only. */
  const callsOf = (step: () => void): number => {
    for (let calls = 3; ; calls *= 4) {
      const seconds = run(step, calls);
      if (seconds * calls > ROUND_SECONDS / 3) return Math.max(1, Math.ceil(ROUND_SECONDS / seconds));
    }
  };
  const times: number[] = [];
  for (const step of steps) {
    run(step, 2); // planned at the first call
    times.push(callsOf(step));
    await onRound(0, ROUNDS);
  }
  const seconds: number[][] = steps.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    steps.forEach((step, i) => seconds[i]!.push(run(step, times[i]!)));
    await onRound(round + 1, ROUNDS);
  }
  return seconds.map(medianInterval);
}
