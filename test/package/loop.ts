// A strict project outside of the checkout: scripts/check-package.js compiles it against the packed library and runs it.

import {
  array,
  backend,
  compile,
  key,
  type NdArray,
  type Resident,
  resident,
  type Tensor,
  valueAndGrad,
} from "heaviside";
import { adam, constant, crossEntropy, matmul, mean, type OptimizerState } from "heaviside/engine";
import { assertLaws } from "heaviside/testing";

declare const console: { log(text: string): void };

/** One layer's parameters. T is NdArray outside of the step and Tensor within. */
interface Dense<T> {
  readonly weight: T;
  readonly bias: T;
}
interface Params<T> {
  readonly hidden: Dense<T>;
  readonly output: Dense<T>;
}
interface State {
  readonly params: Params<Tensor>;
  readonly optimizer: OptimizerState;
  readonly step: Tensor;
}

const affine = (x: Tensor, { weight, bias }: Dense<Tensor>): Tensor => matmul(x, weight).add(bias);

const lossOf = (params: Params<Tensor>, x: Tensor, labels: Tensor): Tensor =>
  mean(crossEntropy(affine(affine(x, params.hidden).tanh(), params.output), labels));

const optimizer = adam();
const step = compile((state: State, x: Tensor, labels: Tensor) => {
  const noisy = x.add(key(1).fold(state.step).normal(x.shape).mul(0.01));
  const [loss, grads] = valueAndGrad(lossOf)(state.params, noisy, labels);
  const next = optimizer.update(state.params, grads, state.optimizer, constant(0.05));
  return { state: { params: next.params, optimizer: next.state, step: state.step.add(1) }, loss };
});

/** Weights that break the symmetry of the units and need no random numbers. */
const dense = (inputs: number, outputs: number): Dense<NdArray> => ({
  weight: array(
    Array.from({ length: inputs }, (_, i) => Array.from({ length: outputs }, (_, j) => Math.sin(7 * i + 3 * j + 1))),
  ),
  bias: array(new Array<number>(outputs).fill(0)),
});

const wasm = await backend("wasm", { threads: 1 });
const params: Params<NdArray> = { hidden: dense(2, 8), output: dense(8, 2) };
const state: Resident<State> = resident({
  params,
  optimizer: optimizer.init(params),
  step: array(Int32Array.of(0), { shape: [] }),
});
const [x, labels] = [
  array([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]),
  array(Int32Array.of(0, 1, 1, 0)),
];

const first = step(state, x, labels).loss.item();
for (let i = 0; i < 300; i++) step(state, x, labels);
const last = step(state, x, labels).loss.item();
const learned: Params<NdArray> = state.read().params;
const steps = state.read().step.item();
await wasm.close();

if (!(first > 0.5 && last < 0.1)) throw new Error(`the loss of exclusive or went from ${first} to ${last}`);
if (steps !== 302) throw new Error(`the state counts ${steps} steps`);
if (!learned.output.weight.data.every(Number.isFinite)) throw new Error("a weight is not finite");

/** What the shipped types have to refuse, in functions that nobody calls. */
export const refused = [
  // @ts-expect-error plain arrays where the state has to be
  () => step({ params, optimizer: optimizer.init(params), step: 0 }, x, labels),
  // @ts-expect-error a new state without the old one's bias
  () => compile((old: Dense<Tensor>) => ({ state: { weight: old.weight } })),
  // @ts-expect-error no estimator
  () => assertLaws("disarm"),
];
console.log(`the loss of exclusive or went from ${first.toFixed(3)} to ${last.toFixed(3)}`);
