import { nativeBackend } from "../../src/backends/native/native.ts";
import { precisions } from "../../src/backends/precision.ts";
import { classesOf, featuresOf } from "../../src/entries/data.ts";
import { matmul, NdArray } from "../../src/entries/engine.ts";
import {
  array,
  type Backend,
  compile,
  type LabelledDataset,
  loadDataset,
  mlp,
  resident,
  type Tensor,
  train,
} from "../../src/index.ts";
import { mean, variance } from "../../src/statistics/sample.ts";
import { millisecondsOf } from "../stopwatch.ts";
import { gemm, gemmInputs, parseGemm } from "../workloads/gemm.ts";
import { parseTrainingStep, trainingStep } from "../workloads/training-step.ts";
import { Training } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

/** The size that stands for training, beside those that are timed. */
const MNIST = "mnist";
const EPOCHS = 10;

/** Networks that learn, each with a good rate for Adam. */
const learners = [
  { estimator: "straight-through-slope", rate: 0.01 },
  { estimator: "rectifier", rate: 0.001 },
] as const;
type Learner = (typeof learners)[number];

/** Backends on so many threads that differ in their precision, with what rows say of them. */
const backendsOf = (threads: number) =>
  Promise.all(
    precisions.map(async (setting) => {
      const backend = await nativeBackend({ threads, precision: setting });
      const { instructionSet, note } = backend.info();
      const said = [instructionSet, note].filter(Boolean).join("; ");
      return { backend, lane: { engine: "heaviside native", threads, note: said, setting } };
    }),
  );
type Backends = Awaited<ReturnType<typeof backendsOf>>;

function product(size: string, backends: Backends, seconds: number): Contest {
  const task = parseGemm(size);
  const { a, b } = gemmInputs(task);
  type State = { a: Tensor; b: Tensor; c: Tensor };
  const given = {
    a: array(a, { shape: [task.m, task.k] }),
    b: array(b, { shape: [task.k, task.n] }),
    c: NdArray.zeros([task.m, task.n]),
  };
  const lanes = backends.map(({ backend, lane }): Lane => {
    const state = resident<State>(given, { backend });
    const multiply = compile((s: State) => ({ state: { ...s, c: matmul(s.a, s.b) } }), { backend });
    return {
      ...lane,
      take: async () => gemm.value(task, 1000 / millisecondsOf(() => void multiply(state), seconds)),
    };
  });
  return { workload: `gemm ${size}`, unit: gemm.unit(task), better: gemm.better, base: precisions[0], lanes };
}

/** Reads and writes so many weights and their momentum once, which no precision of products changes. */
function updateAlone(weights: number, backend: Backend): () => void {
  type State = { w: Tensor; v: Tensor };
  const state = resident<State>({ w: NdArray.zeros([weights]), v: NdArray.zeros([weights]) }, { backend });
  const update = compile(
    ({ w, v }: State) => {
      const next = v.mul(0.9).add(1e-6);
      return { state: { w: w.sub(next.mul(1e-6)), v: next } };
    },
    { backend },
  );
  return () => void update(state);
}

function step(size: string, backends: Backends, seconds: number): Contest {
  const task = parseTrainingStep(size, 100, false);
  const lanes = backends.map(({ backend, lane }): Lane => {
    const training = new Training(task, "momentum", backend);
    const plan = training.plan();
    return { ...lane, take: async () => training.throughput(plan, seconds) };
  });
  const weights = task.units.slice(1).reduce((sum, width, layer) => sum + width * task.units[layer]!, 0);
  const { backend, lane } = backends[0]!;
  const update = updateAlone(weights, backend);
  const alone = { ...lane, setting: "update of the weights alone" };
  return {
    workload: `step ${size} batch ${task.batch}`,
    unit: trainingStep.unit(task),
    better: "more",
    base: precisions[0],
    lanes: [...lanes, { ...alone, take: async () => (1000 * task.batch) / millisecondsOf(update, seconds) }],
  };
}

/**
 * Test errors of networks that differ in the precision alone, in pairs: every measurement trains with the next seed, from 0. The
 * differences are those so far.
 */
export function learning(
  data: LabelledDataset,
  { estimator, rate }: Learner,
  epochs: number,
  backends: readonly Backend[],
) {
  const model = mlp({ input: featuresOf(data), hidden: [{ units: 400, estimator }], classes: classesOf(data).length });
  const differences: number[] = [];
  const testError = async (backend: Backend): Promise<number> => {
    const optimizer = { name: "adam", rate } as const;
    const [schedule, seed] = [{ name: "cosine" } as const, differences.length];
    const result = await train(model, data, { epochs, optimizer, schedule, seed, backend });
    return result.test.deterministic.error;
  };
  const take = async () => {
    const [float32, bfloat16] = [await testError(backends[0]!), await testError(backends[1]!)];
    const difference = bfloat16 - float32;
    differences.push(difference);
    return { float32, bfloat16, difference };
  };
  const contest: Contest = {
    workload: `${data.name}, 400 units, ${estimator}, ${epochs} epochs: test error, noise off`,
    unit: "%",
    better: "less",
    lanes: [{ engine: "heaviside native", threads: backends[0]!.info().threads, note: "", take }],
  };
  return { contest, differences };
}

/** The mean of paired differences with its standard error, in words. */
export function meanDifference(differences: readonly number[]): string {
  const standardError = Math.sqrt(variance(differences) / differences.length);
  return `mean difference ${mean(differences).toFixed(3)}, standard error ${standardError.toFixed(3)}, of ${differences.length} seeds`;
}

/** What products in bfloat16 are worth, and what they cost in accuracy. */
export const precision: Subject = {
  example: "precision 100x2000x2000 784-400-10 mnist",
  about:
    "products of bfloat16 beside float32's: matrix products, training steps, and test errors over as many seeds as rounds",
  usual: {
    sizes: ["100x784x2000", "1024x1024x1024", "784-400-10", "784-2000-2000-10", MNIST],
    threads: [1, 2],
    seconds: 0.3,
  },
  async *contests({ sizes, threads, seconds }, say): AsyncGenerator<Contest> {
    for (const count of threads) {
      const backends = await backendsOf(count);
      for (const size of sizes.filter((name) => name !== MNIST))
        yield (size.includes("x") ? product : step)(size, backends, seconds);
      await Promise.all(backends.map(({ backend }) => backend.close()));
    }
    if (!sizes.includes(MNIST)) return;
    const data = await loadDataset(MNIST);
    const backends = (await backendsOf(Math.max(...threads))).map(({ backend }) => backend);
    for (const learner of learners) {
      const { contest, differences } = learning(data, learner, EPOCHS, backends);
      yield contest;
      // The first round warms up, and the table leaves it out.
      say(meanDifference(differences.slice(1)));
    }
    await Promise.all(backends.map((backend) => backend.close()));
  },
};
