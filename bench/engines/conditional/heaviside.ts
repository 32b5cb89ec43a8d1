import {
  gatedBlocks,
  gradients,
  matmul,
  mul,
  NdArray,
  rectifier,
  reshape,
  sub,
  sum,
} from "../../../src/entries/engine.ts";
import { array, compile, resident, type Tensor } from "../../../src/index.ts";
import {
  type Conditional,
  conditionalEvidence,
  conditionalInputs,
  conditionalSamples,
} from "../../workloads/conditional.ts";
import { type Result, results } from "../../workloads/conditional-truth.ts";
import { TIMED_RATE } from "../../workloads/training-step.ts";
import { repeat, type Session, unknownForm } from "../engine.ts";

interface Inputs {
  x: Tensor;
  gates: Tensor;
  weight: Tensor;
  bias: Tensor;
  out: Tensor;
  dy: Tensor;
}

/** The same layer by two products over all units, and closed ones multiplied by 0. Its W is [input, units], as lies best for that. */
function dense({ x, gates, weight, bias, out }: Inputs): Tensor {
  const [blocks, width] = bias.shape as [number, number];
  const [batch, units] = [x.shape[0]!, blocks * width];
  const h = rectifier(matmul(x, weight));
  const sent = mul(reshape(h, [batch, blocks, width]), reshape(gates, [batch, blocks, 1]));
  return matmul(reshape(sent, [batch, units]), reshape(out, [units, out.shape[2]!]));
}

const skip = ({ x, gates, weight, bias, out }: Inputs): Tensor =>
  gatedBlocks({ weight, bias, out }, x, gates, { activation: rectifier, closed: "skip" });

type Layer = (inputs: Inputs) => Tensor;
const layers: Readonly<Record<string, Layer>> = { dense, skip };

/** Weights after a step of gradient descent. `touch-all` also decays them, so little that it changes none, in blocks that nobody opened. */
const updates: Readonly<Record<string, (w: Tensor, gradient: Tensor, rate: Tensor) => Tensor>> = {
  sgd: (w, gradient, rate) => sub(w, mul(rate, gradient)),
  "touch-all": (w, gradient, rate) => sub(w, mul(rate, gradient.add(w.mul(1e-12)))),
};

/**
 * One form of the layer: `dense` or `skip`, forward and backward. Behind it, the results that are wanted where it isn't all (`skip y dx`), or
 * how weights are updated (`skip sgd`).
 */
export function conditionalSession(task: Conditional, form: string): Session {
  const [name = "", ...rest] = form.split(" ");
  const layer = Object.hasOwn(layers, name) ? layers[name]! : unknownForm("heaviside", task, form);
  if (rest.length === 1 && Object.hasOwn(updates, rest[0]!)) return descending(task, layer, updates[rest[0]!]!);
  if (rest.some((word) => !results.includes(word as Result))) unknownForm("heaviside", task, form);
  return passing(task, layer, rest.length === 0 ? results : results.filter((result) => rest.includes(result)));
}

function inputsOf(task: Conditional, layer: Layer) {
  const { batch, input, blocks, width, output } = task;
  const given = conditionalInputs(task);
  const units = blocks * width;
  return {
    x: array(given.x, { shape: [batch, input] }),
    gates: array(given.gates, { shape: [batch, blocks] }),
    weight:
      layer === dense
        ? array(turned(given.weight, units, input), { shape: [input, units] })
        : array(given.weight, { shape: [blocks, width, input] }),
    bias: NdArray.zeros([blocks, width]),
    out: array(given.out, { shape: [blocks, width, output] }),
    dy: array(given.dy, { shape: [batch, output] }),
  };
}

/** [rows, columns] as [columns, rows]. */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = values[r * columns + c]!;
  return result;
}

/** W's gradient in the layout of the task, from that of a layer's W. */
const canonical = ({ data, shape }: NdArray): Float32Array =>
  shape.length === 2 ? turned(data as Float32Array, shape[0]!, shape[1]!) : (data as Float32Array);

/** Output and gradients, as graphs: what nobody takes is not worked out. */
function graphs(layer: Layer, inputs: Inputs): Record<Result, Tensor> {
  const y = layer(inputs);
  const { x, weight, out, dy } = inputs;
  const [dx, dweight, dout] = gradients(sum(mul(y, dy)), [x, weight, out]) as [Tensor, Tensor, Tensor];
  return { y, dx, dweight, dout };
}

/** Forward and backward. Inputs stay on the backend, results as well. */
function passing(task: Conditional, layer: Layer, wanted: readonly Result[]): Session {
  const inputs = inputsOf(task, layer);
  const { x, weight, out, dy } = inputs;
  const like: Record<Result, NdArray> = { y: dy, dx: x, dweight: weight, dout: out };
  const empty = Object.fromEntries(wanted.map((result) => [result, NdArray.zeros(like[result].shape)]));
  type State = { inputs: Inputs; found: Record<string, Tensor> };
  const state = resident<State>({ inputs, found: empty });
  const pass = compile(({ inputs }: State) => {
    const all = graphs(layer, inputs);
    return { state: { inputs, found: Object.fromEntries(wanted.map((result) => [result, all[result]])) } };
  });
  return {
    async evidence() {
      pass(state);
      const found = Object.entries(state.read().found).map(([result, values]) => [
        result,
        result === "dweight" ? canonical(values) : values.data,
      ]);
      return conditionalEvidence(conditionalSamples(task), Object.fromEntries(found));
    },
    slice: (seconds) => repeat(() => void pass(state), seconds),
    close() {},
  };
}

/** The same with the weights' update in place of their gradients, which are what a step of rate 1 changes. */
function descending(
  task: Conditional,
  layer: Layer,
  update: (w: Tensor, gradient: Tensor, rate: Tensor) => Tensor,
): Session {
  const inputs = inputsOf(task, layer);
  const initial = { inputs, y: NdArray.zeros(inputs.dy.shape), dx: NdArray.zeros(inputs.x.shape) };
  type State = { inputs: Inputs; y: Tensor; dx: Tensor };
  const state = resident<State>(initial);
  const step = compile(({ inputs }: State, rate: Tensor) => {
    const { y, dx, dweight, dout } = graphs(layer, inputs);
    const [weight, out] = [update(inputs.weight, dweight, rate), update(inputs.out, dout, rate)];
    return { state: { inputs: { ...inputs, weight, out }, y, dx } };
  });
  const change = (before: NdArray, after: NdArray): NdArray =>
    array(
      (before.data as Float32Array).map((value, i) => value - after.data[i]!),
      { shape: before.shape },
    );
  return {
    async evidence() {
      step(state, 1);
      const { inputs: next, y, dx } = state.read();
      const found = {
        ...{ y: y.data, dx: dx.data },
        ...{ dweight: canonical(change(inputs.weight, next.weight)), dout: change(inputs.out, next.out).data },
      };
      state.write(initial);
      return conditionalEvidence(conditionalSamples(task), found);
    },
    slice: (seconds) => repeat(() => void step(state, TIMED_RATE), seconds),
    close() {},
  };
}
