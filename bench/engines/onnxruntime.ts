/**
 * ONNX Runtime through onnxruntime-node, its CPU provider. It trains nothing by itself: a whole step is one graph (see
 * onnx-step.ts), whose results become the next step's inputs. Results go into arrays that are kept: two sets of the
 * state take turns, because a graph may not write what it reads.
 */
import { type Elementwise, elementwiseInput, elementwiseSamples } from "../workloads/elementwise.ts";
import { type Forward, stepOf } from "../workloads/forward.ts";
import { type Gemm, gemmInputs, gemmSamples } from "../workloads/gemm.ts";
import {
  initialWeights,
  oneHot,
  stepData,
  TIMED_RATE,
  type TrainingStep,
  verificationRates,
} from "../workloads/training-step.ts";
import { conditionalSession } from "./conditional/onnxruntime.ts";
import { convSession } from "./conv/onnx.ts";
import { repeat, type Session, serve, unknownTask } from "./engine.ts";
import { OnnxGraph, peers } from "./onnx-graph.ts";
import { stateArrays, stepGraph, successor } from "./onnx-step.ts";
import { recurrentSession } from "./recurrent/onnx.ts";

const ort = peers("onnxruntime-node");

/** A tensor or a session of the library, whose types are installed with it only. */
type Ort = ReturnType<typeof peers>;
type Open = (model: Uint8Array) => Promise<Ort>;

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const tensor = (shape: readonly number[], data: Float32Array = new Float32Array(size(shape))): Ort =>
  new ort.Tensor("float32", data, shape);

/** A session around a graph with one result, `out`. */
function oneResult(session: Ort, inputs: Record<string, Ort>, shape: readonly number[], samples: number[]): Session {
  const out = tensor(shape);
  const run = () => session.run(inputs, { out });
  return {
    async evidence() {
      await run();
      return samples.map((index) => out.data[index]);
    },
    slice: (seconds) => repeat(run, seconds),
    close: () => session.release(),
  };
}

async function gemm(task: Gemm, open: Open): Promise<Session> {
  const { m, k, n } = task;
  const graph = new OnnxGraph();
  graph.node("MatMul", [graph.input("a", [m, k]), graph.input("b", [k, n])], {}, "out");
  graph.output("out", [m, n]);
  const { a, b } = gemmInputs(task);
  const inputs = { a: tensor([m, k], a), b: tensor([k, n], b) };
  return oneResult(await open(graph.encode()), inputs, [m, n], gemmSamples(task));
}

async function elementwise(task: Elementwise, open: Open): Promise<Session> {
  const shape = [task.count];
  const graph = new OnnxGraph();
  const inputs: Record<string, Ort> = {};
  if (task.kind === "sigmoid") {
    graph.node("Sigmoid", [graph.input("x", shape)], {}, "out");
    inputs.x = tensor(shape, elementwiseInput(task));
  } else {
    graph.node("RandomUniform", [], { shape, low: 0, high: 1 }, "out");
  }
  graph.output("out", shape);
  return oneResult(await open(graph.encode()), inputs, shape, elementwiseSamples(task));
}

async function forward(task: Forward, open: Open): Promise<Session> {
  const { units, batch } = task;
  const step = stepOf(task);
  const graph = new OnnxGraph();
  let h = graph.input("x", [batch, units[0]!]);
  const inputs = { x: tensor([batch, units[0]!], stepData(step).x) } as Record<string, Ort>;
  for (const [layer, weights] of initialWeights(step).entries()) {
    const [shape, width] = [[units[layer]!, units[layer + 1]!], [units[layer + 1]!]];
    inputs[`weights${layer}`] = tensor(shape, weights);
    inputs[`bias${layer}`] = tensor(width);
    const signal = layer === 0 ? h : graph.node("Relu", [h]);
    const given = [signal, graph.input(`weights${layer}`, shape), graph.input(`bias${layer}`, width)];
    h = graph.node("Gemm", given, {}, layer === units.length - 2 ? "out" : undefined);
  }
  const shape = [batch, units.at(-1)!];
  graph.output("out", shape);
  const every = Array.from({ length: size(shape) }, (_, i) => i);
  return oneResult(await open(graph.encode()), inputs, shape, every);
}

async function trainingStep(task: TrainingStep, open: Open): Promise<Session> {
  const session = await open(stepGraph(task));
  const { x, labels } = stepData(task);
  const [input, classes] = [task.units[0]!, task.units.at(-1)!];
  const rate = tensor([]);
  const fixed = { x: tensor([task.batch, input], x), y: tensor([task.batch, classes], oneHot(task, labels)), rate };
  const loss = tensor([]);
  const names = stateArrays(task);
  const zeros = () => Object.fromEntries(names.map(({ name, shape }) => [name, tensor(shape)]));
  let [now, next] = [zeros(), zeros()];
  for (const [layer, weights] of initialWeights(task).entries()) now[`weights${layer}`].data.set(weights);

  async function run(newRate: number): Promise<number> {
    rate.data[0] = newRate;
    const results: Record<string, Ort> = { loss };
    for (const { name } of names) results[successor(name)] = next[name];
    await session.run({ ...fixed, ...now }, results);
    [now, next] = [next, now];
    return loss.data[0];
  }
  return {
    async evidence() {
      const losses: number[] = [];
      for (const each of verificationRates(task)) losses.push(await run(each));
      return losses;
    },
    slice: (seconds) => repeat(async () => void (await run(TIMED_RATE)), seconds),
    close: () => session.release(),
  };
}

await serve(async ({ threads }) => {
  const { version } = peers("onnxruntime-node/package.json");
  const open: Open = (model) =>
    ort.InferenceSession.create(model, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    });
  return {
    threads,
    note: `onnxruntime-node ${version}, CPU provider, each workload one graph`,
    async open(task, form) {
      if (task.kind === "gemm") return gemm(task, open);
      if (task.kind === "step") return trainingStep(task, open);
      if (task.kind === "forward") return forward(task, open);
      if (task.kind === "sigmoid" || task.kind === "uniform") return elementwise(task, open);
      if (task.kind === "conditional") return conditionalSession(task, form, open);
      if (task.kind === "conv") return convSession(task, ort, open);
      if (task.kind === "recurrent") return recurrentSession("onnxruntime-node", task, ort, open);
      throw unknownTask("onnxruntime-node", task);
    },
  };
});
