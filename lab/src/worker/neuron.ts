// The station of one neuron: every number is the library's, of its estimators and of its measurements.
import "../../../src/graph/methods.ts";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { compile } from "../../../src/compile/compile.ts";
import { type Estimator, type EstimatorName, estimatorFor } from "../../../src/estimators/index.ts";
import { bernoulli } from "../../../src/estimators/units/bernoulli.ts";
import {
  array,
  constant,
  evaluate,
  gradients,
  mean,
  NdArray,
  square,
  sub,
  sum,
  type Tensor,
} from "../../../src/graph/index.ts";
import { drawsOf } from "../../../src/laws/draws.ts";
import type { Problem } from "../../../src/measure/problem.ts";
import { exactGradient } from "../../../src/measure/truth.ts";
import { key, replayKey, tile } from "../../../src/random/index.ts";
import { answerLatest } from "./latest.ts";
import {
  COINS,
  COPIES,
  ESTIMATES,
  type NeuronAnswer,
  type NeuronQuestion,
  type RunningMean,
} from "./neuron-messages.ts";

const backend = referenceBackend();
/** Milliseconds between two messages with means. */
const PACE = 100;

const grid = Array.from({ length: 241 }, (_, i) => (i - 120) / 20);
const scalar = (value: number): NdArray => new NdArray(Int32Array.of(value), []);
const estimatorOf = (name: string): Estimator => estimatorFor(name as EstimatorName);

/** One neuron with the loss (h − t)² behind it; the truth is enumerated and not given. */
const problemOf = ({ a, t }: NeuronQuestion): Problem => {
  const downstream = () => (h: Tensor) => mean(square(sub(h, t)), 1);
  return {
    name: "one neuron",
    examples: 1,
    units: 1,
    inputs: { a: array(Float32Array.of(a), { shape: [1, 1] }), rest: {} },
    downstream,
    expected: { laterUnits: 0, downstream },
  };
};

/** What the neuron outputs on the grid for one draw u, and what an estimator says of the derivative, which is for the loss L = h. */
function onGrid(estimator: Estimator, u: number): { outputs: number[]; slopes: number[] } {
  const a = constant(array(Float64Array.from(grid), { shape: [grid.length, 1] }));
  const draw = array(new Float64Array(grid.length).fill(u), { shape: [grid.length, 1] });
  const { loss } = estimator.estimate(a, replayKey({ uniform: [draw] }), (h) => sum(h, 1), {});
  const [outputs, slopes] = evaluate([loss, ...gradients(sum(loss), [a])]);
  return { outputs: [...outputs!.data], slopes: [...slopes!.data] };
}

/** The key of the estimates of one call. All estimators meet the same draws, which are those of the coins too. */
const keyOf = (seed: number | Tensor, call: number | Tensor) => key(0).fold(seed).fold(call);

function picture(question: NeuronQuestion): NeuronAnswer {
  const { a, u, seed, estimators } = question;
  const of = estimators
    .map((name) => ({ name, estimator: estimatorOf(name) }))
    .filter(({ estimator }) => drawsOf(estimator, 1).length === 1);
  const copies = constant(array(new Float32Array(COPIES).fill(a), { shape: [COPIES, 1] }));
  const draws = keyOf(seed, 0);
  const [uniform, sample] = evaluate([draws.uniform([COPIES, 1]), bernoulli.sample(copies, draws)]);
  return {
    kind: "picture",
    question,
    grid,
    outputs: onGrid(estimatorOf("straight-through"), u).outputs,
    slopes: of.map(({ name, estimator }) => ({ name, values: onGrid(estimator, u).slopes })),
    coins: { u: [...uniform!.data.subarray(0, COINS)], h: [...sample!.data.subarray(0, COINS)] },
    exact: exactGradient(problemOf(question), { backend })[0]!,
  };
}

/** A program that makes COPIES estimates; compiled once for each estimator, whatever a and t are. */
const program = (estimator: Estimator) =>
  compile(
    (once: Tensor, t: Tensor, seed: Tensor, call: Tensor) => {
      const a = tile(once, COPIES);
      const { loss } = estimator.estimate(a, keyOf(seed, call), (h) => mean(square(sub(h, t)), 1), {});
      return { gradient: gradients(sum(loss), [a])[0]! };
    },
    { backend },
  );
const programs = new Map<string, ReturnType<typeof program>>();
const programOf = (name: string) => {
  const known = programs.get(name) ?? program(estimatorOf(name));
  programs.set(name, known);
  return known;
};

/** Adds up estimates, and keeps the mean at about eight numbers n in each factor of ten. */
function running(name: string) {
  const [n, means]: [number[], number[]] = [[], []];
  let [count, total, squares, next] = [0, 0, 0, 1];
  return {
    add(values: ArrayLike<number>): void {
      for (let i = 0; i < values.length; i++) {
        total += values[i]!;
        squares += values[i]! ** 2;
        if (++count < next) continue;
        n.push(count);
        means.push(total / count);
        next = Math.max(count + 1, Math.ceil(count * 1.33));
      }
    },
    read(): RunningMean {
      const mean = total / count;
      const deviation = Math.sqrt(Math.max(0, squares / count - mean ** 2));
      const atEnd = n.at(-1) === count ? [] : [count];
      return { name, n: [...n, ...atEnd], mean: [...means, ...atEnd.map(() => mean)], deviation };
    },
  };
}

/** Answers the latest question, and leaves it when there is a newer one. */
export function run(port: MessagePort): void {
  const post = (answer: NeuronAnswer) => port.postMessage(answer);

  const answer = async (question: NeuronQuestion, isLatest: () => Promise<boolean>): Promise<void> => {
    post(picture(question));
    if (!(await isLatest())) return;
    const { a, t, seed, estimators } = question;
    const once = new NdArray(Float32Array.of(a), [1, 1]);
    const target = new NdArray(Float32Array.of(t), []);
    const sums = estimators.map(running);
    let posted = performance.now();
    for (let call = 0; call < ESTIMATES / COPIES; call++) {
      for (const [i, name] of estimators.entries())
        sums[i]!.add(programOf(name)(once, target, scalar(seed), scalar(call)).gradient.data);
      if (!(await isLatest())) return;
      const done = (call + 1) * COPIES === ESTIMATES;
      if (!done && performance.now() - posted < PACE) continue;
      posted = performance.now();
      post({ kind: "means", question, means: sums.map((sum) => sum.read()), done });
    }
  };

  answerLatest(port, answer, (message) => post({ kind: "error", message }));
}
