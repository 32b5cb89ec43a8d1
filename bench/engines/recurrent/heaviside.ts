/** A recurrent layer of this library, through the path that its users take: a cell, `compile`, and state that stays on the backend. */
import { cellFor, type Named } from "../../../src/cells/index.ts";
import { runCell } from "../../../src/cells/run.ts";
import { adam, add, crossEntropy, matmul, NdArray, type Tree } from "../../../src/entries/engine.ts";
import { array, compile, resident, type Tensor, valueAndGrad } from "../../../src/index.ts";
import {
  ADAM,
  CLASSES,
  neurons,
  outputEvidence,
  type Recurrent,
  recurrentInputs,
  recurrentRates,
} from "../../workloads/recurrent.ts";
import { TIMED_RATE } from "../../workloads/training-step.ts";
import { repeat, type Session } from "../engine.ts";

type Params<T> = { layer: Named<T>; head: { weight: T; bias: T } };

function given(task: Recurrent) {
  const { batch, length, input, units } = task;
  const { x, labels, weights, head } = recurrentInputs(task);
  const layer = neurons.flatMap((neuron) => [
    [`${neuron}.input`, array(weights[neuron].input, { shape: [input, units] })] as const,
    [`${neuron}.recurrent`, array(weights[neuron].recurrent, { shape: [units, units] })] as const,
    [`${neuron}.bias`, array(weights[neuron].bias)] as const,
  ]);
  const params: Params<NdArray> = {
    layer: Object.fromEntries(layer),
    head: { weight: array(head.weight, { shape: [units, CLASSES] }), bias: array(head.bias) },
  };
  const cell = cellFor({ name: task.cell }, { inputs: input, units });
  return { cell, params, x: array(x, { shape: [batch, length, input] }), labels: array(labels) };
}

export function recurrentSession(task: Recurrent): Session {
  return task.pass === "forward" ? forward(task) : step(task);
}

/** Inputs and outputs stay on the backend. */
function forward(task: Recurrent): Session {
  const { batch, length, units } = task;
  const { cell, params, x } = given(task);
  type State = { layer: Named<Tensor>; x: Tensor; outputs: Tensor };
  const state = resident<State>({ layer: params.layer, x, outputs: NdArray.zeros([batch, length, units]) });
  const run = compile(({ layer, x }: State) => ({ state: { layer, x, outputs: runCell(cell, layer, x).outputs } }));
  return {
    async evidence() {
      run(state);
      return outputEvidence(task, state.read().outputs.data, "examples");
    },
    slice: (seconds) => repeat(() => void run(state), seconds),
    close() {},
  };
}

function step(task: Recurrent): Session {
  const { cell, params, x, labels } = given(task);
  const optimizer = adam(ADAM);
  type Data = { x: Tensor; labels: Tensor };
  type State = { params: Params<Tensor>; optimizer: Tree<Tensor> };
  const data = resident<Data>({ x, labels });
  const state = resident<State>({ params, optimizer: optimizer.init(params) });
  const loss = ({ layer, head }: Params<Tensor>, { x, labels }: Data): Tensor =>
    crossEntropy(add(matmul(runCell(cell, layer, x).last, head.weight), head.bias), labels).mean();
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
