/** The recurrent layer in float64, example by example: outputs, and the losses of training steps with Adam. */
import {
  ADAM,
  CLASSES,
  DISTINCT,
  neurons,
  type Recurrent,
  type RecurrentInputs,
  type RecurrentSamples,
  sideBySide,
} from "./recurrent.ts";

/** Parameters or their gradients; the neurons' weights lie side by side in the order of `neurons`. */
interface Arrays {
  input: Float64Array; //     [I, 4H]
  recurrent: Float64Array; // [H, 4H]
  bias: Float64Array; //      [4H]
  weight: Float64Array; //    [H, CLASSES]
  headBias: Float64Array; //  [CLASSES]
}

const names = ["input", "recurrent", "bias", "weight", "headBias"] as const;

function parametersOf({ units }: Recurrent, { weights, head }: RecurrentInputs): Arrays {
  const joined = sideBySide(weights, neurons, units);
  return {
    input: Float64Array.from(joined.input),
    recurrent: Float64Array.from(joined.recurrent),
    bias: Float64Array.from(joined.bias),
    weight: Float64Array.from(head.weight),
    headBias: Float64Array.from(head.bias),
  };
}

const zerosLike = (arrays: Arrays): Arrays => ({
  input: new Float64Array(arrays.input.length),
  recurrent: new Float64Array(arrays.recurrent.length),
  bias: new Float64Array(arrays.bias.length),
  weight: new Float64Array(arrays.weight.length),
  headBias: new Float64Array(arrays.headBias.length),
});

/** What an example leaves at each step: its neurons' outputs [T, 4H], cells and outputs [T + 1, H] from the zeros before the first step. */
interface Trace {
  sent: Float64Array;
  c: Float64Array;
  h: Float64Array;
}

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

/** result += row · matrix, where the matrix has as many columns as the result has numbers. */
function addProduct(result: Float64Array, row: ArrayLike<number>, from: number, length: number, matrix: Float64Array) {
  const columns = result.length;
  for (let k = 0; k < length; k++) {
    const factor = row[from + k]!;
    for (let j = 0, at = k * columns; j < columns; j++, at++) result[j]! += factor * matrix[at]!;
  }
}

/** result += columnᵀ row. */
function addOuter(result: Float64Array, column: ArrayLike<number>, from: number, length: number, row: Float64Array) {
  for (let k = 0, at = 0; k < length; k++) {
    const factor = column[from + k]!;
    for (let j = 0; j < row.length; j++, at++) result[at]! += factor * row[j]!;
  }
}

function run({ length, input, units }: Recurrent, p: Arrays, x: Float32Array, example: number): Trace {
  const width = neurons.length * units;
  const sent = new Float64Array(length * width);
  const c = new Float64Array((length + 1) * units);
  const h = new Float64Array((length + 1) * units);
  for (let t = 0; t < length; t++) {
    const a = sent.subarray(t * width, (t + 1) * width);
    a.set(p.bias);
    addProduct(a, x, (example * length + t) * input, input, p.input);
    addProduct(a, h, t * units, units, p.recurrent);
    for (let u = 0; u < units; u++) {
      const [i, f, g, o] = [u, units + u, 2 * units + u, 3 * units + u] as const;
      for (const gate of [i, f, o]) a[gate] = sigmoid(a[gate]!);
      a[g] = Math.tanh(a[g]!);
      const next = a[f]! * c[t * units + u]! + a[i]! * a[g]!;
      c[(t + 1) * units + u] = next;
      h[(t + 1) * units + u] = a[o]! * Math.tanh(next);
    }
  }
  return { sent, c, h };
}

/** h at the samples. */
export function recurrentOutputs(task: Recurrent, inputs: RecurrentInputs, samples: RecurrentSamples): number[] {
  const p = parametersOf(task, inputs);
  const traces = new Map<number, Trace>();
  return samples.example.map((example, i) => {
    if (!traces.has(example)) traces.set(example, run(task, p, inputs.x, example));
    return traces.get(example)!.h[(samples.step[i]! + 1) * task.units + samples.unit[i]!]!;
  });
}

/** Scores → cross-entropy, and into `delta` its gradient at the scores. */
function crossEntropyOf(scores: Float64Array, label: number, delta: Float64Array): number {
  const most = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  for (const [k, score] of scores.entries()) delta[k] = Math.exp(score - most) / total - (k === label ? 1 : 0);
  return most + Math.log(total) - scores[label]!;
}

/** The batch's mean loss; adds its gradients to `sums` where they are wanted. */
function lossOf(task: Recurrent, p: Arrays, { x, labels }: RecurrentInputs, sums?: Arrays): number {
  const { batch, length, units } = task;
  let loss = 0;
  for (let example = 0; example < Math.min(batch, DISTINCT); example++) {
    const share = Math.floor((batch - 1 - example) / DISTINCT + 1) / batch;
    const trace = run(task, p, x, example);
    const [scores, delta] = [Float64Array.from(p.headBias), new Float64Array(CLASSES)];
    addProduct(scores, trace.h, length * units, units, p.weight);
    loss += crossEntropyOf(scores, labels[example]!, delta) * share;
    if (!sums) continue;
    for (let k = 0; k < CLASSES; k++) delta[k]! *= share;
    addOuter(sums.weight, trace.h, length * units, units, delta);
    for (let k = 0; k < CLASSES; k++) sums.headBias[k]! += delta[k]!;
    backward(task, p, x, example, trace, delta, sums);
  }
  return loss;
}

/** From the gradient at an example's scores to that of the layer's weights, from the last step to the first. */
function backward(
  { length, input, units }: Recurrent,
  p: Arrays,
  x: Float32Array,
  example: number,
  { sent, c, h }: Trace,
  delta: Float64Array,
  sums: Arrays,
): void {
  const width = neurons.length * units;
  const dh = transposed(p.weight, delta, units);
  const [dc, da] = [new Float64Array(units), new Float64Array(width)];
  for (let t = length - 1; t >= 0; t--) {
    for (let u = 0; u < units; u++) {
      const at = t * width + u;
      const [i, f, g, o] = [sent[at]!, sent[at + units]!, sent[at + 2 * units]!, sent[at + 3 * units]!];
      const squashed = Math.tanh(c[(t + 1) * units + u]!);
      const flow = dc[u]! + dh[u]! * o * (1 - squashed ** 2);
      da[u] = flow * g * i * (1 - i);
      da[units + u] = flow * c[t * units + u]! * f * (1 - f);
      da[2 * units + u] = flow * i * (1 - g ** 2);
      da[3 * units + u] = dh[u]! * squashed * o * (1 - o);
      dc[u] = flow * f;
    }
    addOuter(sums.input, x, (example * length + t) * input, input, da);
    addOuter(sums.recurrent, h, t * units, units, da);
    for (let j = 0; j < width; j++) sums.bias[j]! += da[j]!;
    dh.set(transposed(p.recurrent, da, units));
  }
}

/** row · matrixᵀ, for a matrix of `rows` rows. */
function transposed(matrix: Float64Array, row: Float64Array, rows: number): Float64Array {
  const result = new Float64Array(rows);
  for (let k = 0, at = 0; k < rows; k++) for (let j = 0; j < row.length; j++, at++) result[k]! += row[j]! * matrix[at]!;
  return result;
}

/** The loss of each step at its rate, before its update. */
export function recurrentLosses(task: Recurrent, inputs: RecurrentInputs, rates: readonly number[]): number[] {
  const p = parametersOf(task, inputs);
  const [mean, square] = [zerosLike(p), zerosLike(p)];
  return rates.map((rate, step) => {
    if (step === rates.length - 1) return lossOf(task, p, inputs);
    const gradients = zerosLike(p);
    const loss = lossOf(task, p, inputs, gradients);
    const { beta1, beta2, epsilon } = ADAM;
    const [meanWeight, squareWeight] = [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)];
    for (const name of names)
      for (const [k, g] of gradients[name].entries()) {
        const m = beta1 * mean[name][k]! + (1 - beta1) * g;
        const v = beta2 * square[name][k]! + (1 - beta2) * g * g;
        mean[name][k] = m;
        square[name][k] = v;
        p[name][k]! -= (rate * m) / meanWeight / (Math.sqrt(v / squareWeight) + epsilon);
      }
    return loss;
  });
}
