/** The convolutional network in float64, example by example: scores, and the losses of training steps with momentum. */
import { type Conv, type ConvInputs, type ConvLayer, convLayers, DISTINCT } from "./conv.ts";
import { MOMENTUM } from "./training-step.ts";

type Parameters = readonly Float64Array[];

/** Calls `visit` for each place and tap of a convolution that meet within the image: the pixels at which they lie. */
function forEachTap(layer: ConvLayer, size: number, visit: (place: number, from: number, tap: number) => void): void {
  const { rows, columns } = layer;
  const before = (size - 1) / 2;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let ky = 0; ky < size; ky++)
        for (let kx = 0; kx < size; kx++) {
          const [row, column] = [y + ky - before, x + kx - before];
          if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
          visit(y * columns + x, row * columns + column, ky * size + kx);
        }
}

function convolve(layer: ConvLayer, size: number, x: Float64Array, w: Float64Array, bias: Float64Array): Float64Array {
  const { rows, columns, channels, features } = layer;
  const out = Float64Array.from({ length: rows * columns * features }, (_, i) => bias[i % features]!);
  forEachTap(layer, size, (place, from, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = x[from * channels + c]!;
      const at = (tap * channels + c) * features;
      for (let n = 0; n < features; n++) out[place * features + n]! += value * w[at + n]!;
    }
  });
  return out;
}

/** Adds to the gradients of weights and bias, and gives that of what the convolution reads. */
function convolveBack(
  layer: ConvLayer,
  size: number,
  { x, w, dy }: Readonly<Record<"x" | "w" | "dy", Float64Array>>,
  [dw, dbias]: readonly [Float64Array, Float64Array],
): Float64Array {
  const { channels, features } = layer;
  const dx = new Float64Array(x.length);
  for (let i = 0; i < dy.length; i++) dbias[i % features]! += dy[i]!;
  forEachTap(layer, size, (place, from, tap) => {
    for (let c = 0; c < channels; c++) {
      const value = x[from * channels + c]!;
      const at = (tap * channels + c) * features;
      let sum = 0;
      for (let n = 0; n < features; n++) {
        const slope = dy[place * features + n]!;
        dw[at + n]! += value * slope;
        sum += w[at + n]! * slope;
      }
      dx[from * channels + c]! += sum;
    }
  });
  return dx;
}

/** Where the largest of each 2 × 2 lies, and what it is once it is rectified. */
function pool({ rows, columns, features }: ConvLayer, a: Float64Array): { values: Float64Array; at: Int32Array } {
  const [down, across] = [rows >> 1, columns >> 1];
  const at = Int32Array.from({ length: down * across * features }, (_, i) => {
    const [n, place] = [i % features, Math.floor(i / features)];
    const corner = 2 * Math.floor(place / across) * columns + 2 * (place % across);
    const four = [0, 1, columns, columns + 1].map((step) => (corner + step) * features + n);
    return four.reduce((best, candidate) => (a[candidate]! > a[best]! ? candidate : best));
  });
  return { values: Float64Array.from(at, (i) => Math.max(a[i]!, 0)), at };
}

function affine(x: Float64Array, w: Float64Array, bias: Float64Array): Float64Array {
  const out = bias.slice();
  for (const [i, value] of x.entries()) for (let n = 0; n < out.length; n++) out[n]! += value * w[i * out.length + n]!;
  return out;
}

/** What one example goes through: what each convolution reads, where its largest outputs lie, the hidden units, and the scores. */
function run(task: Conv, p: Parameters, image: Float64Array) {
  const layers = convLayers(task);
  const reads = [image];
  const places: Int32Array[] = [];
  for (const [i, layer] of layers.entries()) {
    const { values, at } = pool(layer, convolve(layer, task.size, reads[i]!, p[2 * i]!, p[2 * i + 1]!));
    reads.push(values);
    places.push(at);
  }
  const first = 2 * layers.length;
  const hidden = affine(reads.at(-1)!, p[first]!, p[first + 1]!).map((a) => Math.max(a, 0));
  return { layers, reads, places, hidden, scores: affine(hidden, p[first + 2]!, p[first + 3]!) };
}

/** Adds the gradients of an affine map, and gives that of what it reads, through the rectifier below. */
function affineBack(x: Float64Array, w: Float64Array, dy: Float64Array, dw: Float64Array, dbias: Float64Array) {
  for (const [n, slope] of dy.entries()) dbias[n]! += slope;
  return x.map((value, i) => {
    let sum = 0;
    for (let n = 0; n < dy.length; n++) {
      dw[i * dy.length + n]! += value * dy[n]!;
      sum += w[i * dy.length + n]! * dy[n]!;
    }
    return value > 0 ? sum : 0;
  });
}

/** The cross-entropy of one example; adds `share` of its gradient. */
function learn(task: Conv, p: Parameters, gradients: Parameters, image: Float64Array, label: number, share: number) {
  const { layers, reads, places, hidden, scores } = run(task, p, image);
  const top = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  const delta = scores.map((score, n) => share * (Math.exp(score - top) / total - Number(n === label)));
  const first = 2 * layers.length;
  const dense = (i: number) => [gradients[first + i]!, gradients[first + i + 1]!] as const;
  const below = affineBack(hidden, p[first + 2]!, delta, ...dense(2));
  let slopes: Float64Array = affineBack(reads.at(-1)!, p[first]!, below, ...dense(0));
  for (let i = layers.length - 1; i >= 0; i--) {
    const { rows, columns, features } = layers[i]!;
    const dy = new Float64Array(rows * columns * features);
    for (const [k, at] of places[i]!.entries()) if (reads[i + 1]![k]! > 0) dy[at]! += slopes[k]!;
    const arrays = { x: reads[i]!, w: p[2 * i]!, dy };
    slopes = convolveBack(layers[i]!, task.size, arrays, [gradients[2 * i]!, gradients[2 * i + 1]!]);
  }
  return Math.log(total) + top - scores[label]!;
}

/** The examples that differ. */
function examplesOf({ batch, image }: Conv, { x }: ConvInputs): Float64Array[] {
  const length = image[0] * image[1] * image[2];
  return Array.from({ length: Math.min(batch, DISTINCT) }, (_, b) =>
    Float64Array.from(x.subarray(b * length, (b + 1) * length)),
  );
}

const parametersOf = ({ parameters }: ConvInputs): Float64Array[] =>
  parameters.map(({ data }) => Float64Array.from(data));

/** [batch, classes] */
export function convScores(task: Conv, inputs: ConvInputs): number[] {
  const parameters = parametersOf(inputs);
  const scores = examplesOf(task, inputs).map((image) => run(task, parameters, image).scores);
  return Array.from({ length: task.batch }, (_, b) => [...scores[b % DISTINCT]!]).flat();
}

/** The loss before each step of gradient descent with momentum. */
export function convLosses(task: Conv, inputs: ConvInputs, rates: readonly number[]): number[] {
  const { batch } = task;
  const parameters = parametersOf(inputs);
  const velocities = parameters.map(({ length }) => new Float64Array(length));
  const examples = examplesOf(task, inputs);
  const shareOf = (b: number): number => Math.ceil((batch - b) / DISTINCT) / batch;
  return rates.map((rate) => {
    const gradients = parameters.map(({ length }) => new Float64Array(length));
    const losses = examples.map((image, b) => learn(task, parameters, gradients, image, inputs.labels[b]!, shareOf(b)));
    for (const [i, values] of parameters.entries())
      for (let k = 0; k < values.length; k++) {
        velocities[i]![k] = MOMENTUM * velocities[i]![k]! + gradients[i]![k]!;
        values[k]! -= rate * velocities[i]![k]!;
      }
    return losses.reduce((sum, loss, b) => sum + shareOf(b) * loss, 0);
  });
}
