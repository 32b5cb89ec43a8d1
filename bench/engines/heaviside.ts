/** This library, through the path that its users take: compile, and state that stays on the backend. */
import { readFileSync } from "node:fs";
import { copyGradient, crossEntropy, matmul, NdArray, rectifier, sigmoid } from "../../src/entries/engine.ts";
import {
  array,
  type BackendName,
  compile,
  type Key,
  key,
  resident,
  backend as startBackend,
  type Tensor,
  valueAndGrad,
} from "../../src/index.ts";
import { type Elementwise, elementwiseInput, elementwiseSamples } from "../workloads/elementwise.ts";
import { type Forward, stepOf } from "../workloads/forward.ts";
import { type Gemm, gemmInputs, gemmSamples } from "../workloads/gemm.ts";
import {
  initialWeights,
  MOMENTUM,
  stepData,
  TIMED_RATE,
  type TrainingStep,
  verificationRates,
} from "../workloads/training-step.ts";
import { conditionalSession } from "./conditional/heaviside.ts";
import { convSession } from "./conv/heaviside.ts";
import { repeat, type Session, serve, unknownTask } from "./engine.ts";
import { recurrentSession } from "./recurrent/heaviside.ts";
import { spikingSession } from "./spiking/heaviside.ts";

/** The output is state, so that it stays on the backend as the peers' outputs stay on theirs. */
function gemm(task: Gemm): Session {
  const { m, k, n } = task;
  const inputs = gemmInputs(task);
  type State = { a: Tensor; b: Tensor; c: Tensor };
  const state = resident<State>({
    a: array(inputs.a, { shape: [m, k] }),
    b: array(inputs.b, { shape: [k, n] }),
    c: NdArray.zeros([m, n]),
  });
  const multiply = compile(({ a, b }: State) => ({ state: { a, b, c: matmul(a, b) } }));
  return {
    async evidence() {
      multiply(state);
      const { data } = state.read().c;
      return gemmSamples(task).map((index) => data[index]!);
    },
    slice: (seconds) => repeat(() => void multiply(state), seconds),
    close() {},
  };
}

function elementwise(task: Elementwise): Session {
  const { kind, count } = task;
  type State = { x: Tensor; y: Tensor; draws: Tensor };
  const state = resident<State>({
    x: kind === "sigmoid" ? array(elementwiseInput(task)) : NdArray.zeros([1]),
    y: NdArray.zeros([count]),
    draws: counter(),
  });
  const run = compile(({ x, draws }: State) => ({
    state: { x, y: kind === "sigmoid" ? sigmoid(x) : key(7).fold(draws).uniform([count]), draws: draws.add(1) },
  }));
  return {
    async evidence() {
      run(state);
      const { data } = state.read().y;
      return elementwiseSamples(task).map((index) => data[index]!);
    },
    slice: (seconds) => repeat(() => void run(state), seconds),
    close() {},
  };
}

/** A unit that fires with probability σ(a); its gradient is that of σ, straight through the draw. */
function fire(a: Tensor, from: Key): Tensor {
  const p = sigmoid(a);
  return copyGradient(from.bernoulli(p), p);
}

type Layer = { weights: Tensor; bias: Tensor };

const initialLayers = (task: TrainingStep) =>
  initialWeights(task).map((weights, layer) => ({
    weights: array(weights, { shape: [task.units[layer]!, task.units[layer + 1]!] }),
    bias: NdArray.zeros([task.units[layer + 1]!]),
  }));

function trainingStep(task: TrainingStep): Session {
  const { units, batch, stochastic } = task;
  const given = stepData(task);
  type Data = { x: Tensor; labels: Tensor };
  const data = resident<Data>({ x: array(given.x, { shape: [batch, units[0]!] }), labels: array(given.labels) });
  const initial = initialLayers(task);
  const zeros = initial.map(({ weights, bias }) => ({
    weights: NdArray.zeros(weights.shape),
    bias: NdArray.zeros(bias.shape),
  }));
  type State = { layers: Layer[]; velocities: Layer[]; steps: Tensor };
  const state = resident<State>({ layers: initial, velocities: zeros, steps: counter() });

  const loss = (layers: Layer[], { x, labels }: Data, draws: Key): Tensor => {
    const last = layers.length - 1;
    const logits = layers.reduce((h, { weights, bias }, layer) => {
      const a = matmul(h, weights).add(bias);
      if (layer === last) return a;
      return stochastic ? fire(a, draws.fold(layer)) : rectifier(a);
    }, x);
    return crossEntropy(logits, labels).mean();
  };
  const step = compile(({ layers, velocities, steps }: State, batchData: Data, rate: Tensor) => {
    const [value, gradients] = valueAndGrad(loss)(layers, batchData, key(1).fold(steps));
    const next = velocities.map((velocity, i) => ({
      weights: velocity.weights.mul(MOMENTUM).add(gradients[i]!.weights),
      bias: velocity.bias.mul(MOMENTUM).add(gradients[i]!.bias),
    }));
    const moved = layers.map(({ weights, bias }, i) => ({
      weights: weights.sub(next[i]!.weights.mul(rate)),
      bias: bias.sub(next[i]!.bias.mul(rate)),
    }));
    return { state: { layers: moved, velocities: next, steps: steps.add(1) }, loss: value };
  });
  const run = (rate: number): number => step(state, data, rate).loss.item();
  return {
    evidence: async () => verificationRates(task).map(run),
    slice: (seconds) => repeat(() => void run(TIMED_RATE), seconds),
    close() {},
  };
}

/** The input is handed over and the scores are given back at each call. */
function forward(task: Forward): Session {
  const { units, batch } = task;
  const step = stepOf(task);
  const layers = resident<Layer[]>(initialLayers(step));
  const x = array(stepData(step).x, { shape: [batch, units[0]!] });
  const scores = compile((given: Layer[], input: Tensor) =>
    given.reduce((h, { weights, bias }, layer) => matmul(layer === 0 ? h : rectifier(h), weights).add(bias), input),
  );
  return {
    evidence: async () => [...scores(layers, x).data],
    slice: (seconds) => repeat(() => void scores(layers, x), seconds),
    close() {},
  };
}

/** An int32 scalar that counts runs, so that every run draws anew. */
function counter(): NdArray {
  return array(new Int32Array(1), { shape: [] });
}

/** What compiled the add-on, where it was built here. */
function compiler(): string | undefined {
  try {
    const record = readFileSync(new URL("../../native/build/heaviside.json", import.meta.url), "utf8");
    return `built with ${JSON.parse(record).compiler}`;
  } catch {
    return undefined;
  }
}

await serve(async ({ threads, variant }) => {
  const info = (await startBackend(variant as BackendName, { threads })).info();
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const said = [
    `${version}, ${info.name} backend, ${info.instructionSet}`,
    info.name === "native" ? compiler() : undefined,
    info.note,
  ];
  return {
    threads: info.threads,
    note: said.filter(Boolean).join("; "),
    async open(task, form) {
      if (task.kind === "gemm") return gemm(task);
      if (task.kind === "step") return trainingStep(task);
      if (task.kind === "forward") return forward(task);
      if (task.kind === "sigmoid" || task.kind === "uniform") return elementwise(task);
      if (task.kind === "conditional") return conditionalSession(task, form);
      if (task.kind === "conv") return convSession(task);
      if (task.kind === "recurrent") return recurrentSession(task);
      if (task.kind === "spiking") return spikingSession(task, form);
      throw unknownTask("heaviside", task);
    },
  };
});
