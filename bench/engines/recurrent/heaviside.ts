/** A recurrent layer of this library, through the path that its users take: `scan`, `compile`, and state that stays on the backend. */
import {
  adam,
  add,
  array,
  broadcastTo,
  compile,
  constant,
  crossEntropy,
  matmul,
  mul,
  NdArray,
  reshape,
  resident,
  scan,
  sigmoid,
  type Tensor,
  type Tree,
  tanh,
  valueAndGrad,
} from "../../../src/index.ts";
import {
  ADAM,
  CLASSES,
  type Neuron,
  outputEvidence,
  type Recurrent,
  recurrentInputs,
  recurrentRates,
  stepsFirst,
} from "../../workloads/recurrent.ts";
import { TIMED_RATE } from "../../workloads/training-step.ts";
import { repeat, type Session } from "../engine.ts";

type Layer<T> = Record<Neuron, { input: T; recurrent: T; bias: T }>;
type Params<T> = { layer: Layer<T>; head: { weight: T; bias: T } };

/**
 * The layer over x [T, B, I] from zeros: what a step reads of its input is computed for all steps at once, before the loop.
 * @returns outputs [T, B, H] and the last one [B, H]
 */
function lstm(layer: Layer<Tensor>, x: Tensor): { outputs: Tensor; last: Tensor } {
  const [length, batch, input] = x.shape as readonly [number, number, number];
  const units = layer.input.bias.shape[0]!;
  const flat = reshape(x, [length * batch, input]);
  const seen = (neuron: Neuron): Tensor =>
    reshape(add(matmul(flat, layer[neuron].input), layer[neuron].bias), [length, batch, units]);
  const zeros = broadcastTo(constant(0), [batch, units]);
  const { carry, ys } = scan(
    ({ h, c }: { h: Tensor; c: Tensor }, row: Record<Neuron, Tensor>) => {
      const a = (neuron: Neuron): Tensor => add(matmul(h, layer[neuron].recurrent), row[neuron]);
      const kept = mul(sigmoid(a("forget")), c);
      const cell = add(kept, mul(sigmoid(a("input")), tanh(a("candidate"))));
      const output = mul(sigmoid(a("output")), tanh(cell));
      return { carry: { h: output, c: cell }, y: output };
    },
    { h: zeros, c: zeros },
    { input: seen("input"), forget: seen("forget"), candidate: seen("candidate"), output: seen("output") },
  );
  return { outputs: ys, last: carry.h };
}

function given(task: Recurrent) {
  const { batch, length, input, units } = task;
  const { x, labels, weights, head } = recurrentInputs(task);
  const neuron = (name: Neuron) => ({
    input: array(weights[name].input, { shape: [input, units] }),
    recurrent: array(weights[name].recurrent, { shape: [units, units] }),
    bias: array(weights[name].bias),
  });
  const params: Params<NdArray> = {
    layer: {
      input: neuron("input"),
      forget: neuron("forget"),
      candidate: neuron("candidate"),
      output: neuron("output"),
    },
    head: { weight: array(head.weight, { shape: [units, CLASSES] }), bias: array(head.bias) },
  };
  return { params, x: array(stepsFirst(task, x), { shape: [length, batch, input] }), labels: array(labels) };
}

export function recurrentSession(task: Recurrent): Session {
  return task.pass === "forward" ? forward(task) : step(task);
}

/** Inputs and outputs stay on the backend. */
function forward(task: Recurrent): Session {
  const { batch, length, units } = task;
  const { params, x } = given(task);
  type State = { layer: Layer<Tensor>; x: Tensor; outputs: Tensor };
  const state = resident<State>({ layer: params.layer, x, outputs: NdArray.zeros([length, batch, units]) });
  const run = compile(({ layer, x }: State) => ({ state: { layer, x, outputs: lstm(layer, x).outputs } }));
  return {
    async evidence() {
      run(state);
      return outputEvidence(task, state.read().outputs.data);
    },
    slice: (seconds) => repeat(() => void run(state), seconds),
    close() {},
  };
}

function step(task: Recurrent): Session {
  const { params, x, labels } = given(task);
  const optimizer = adam(ADAM);
  type Data = { x: Tensor; labels: Tensor };
  type State = { params: Params<Tensor>; optimizer: Tree<Tensor> };
  const data = resident<Data>({ x, labels });
  const state = resident<State>({ params, optimizer: optimizer.init(params) });
  const loss = ({ layer, head }: Params<Tensor>, { x, labels }: Data): Tensor =>
    crossEntropy(add(matmul(lstm(layer, x).last, head.weight), head.bias), labels).mean();
  const train = compile((before: State, batch: Data, rate: Tensor) => {
    const [value, gradients] = valueAndGrad(loss)(before.params, batch);
    const next = optimizer.update(before.params, gradients, before.optimizer, rate);
    return { state: { params: next.params, optimizer: next.state }, loss: value };
  });
  const run = (rate: number): number => train(state, data, rate).loss.item();
  return {
    evidence: async () => recurrentRates(task).map(run),
    slice: (seconds) => repeat(() => void run(TIMED_RATE), seconds),
    close() {},
  };
}
