import { convLosses, convScores } from "./conv-truth.ts";
import { integers, normals, uniforms } from "./data.ts";
import type { Workload } from "./workload.ts";

/** What of it is timed: a training step, or the class scores. */
export const convPasses = ["step", "forward"] as const;
export type ConvPass = (typeof convPasses)[number];

/**
 * A network of images [batch, rows, columns, channels]: for each number of `channels` a convolution with as many features (`size` × `size`, zeros
 * around the image), a rectifier and the largest of 2 × 2; then `HIDDEN` rectified units, and `CLASSES` scores. `step`: mean cross-entropy,
 * its gradients, and gradient descent with momentum on all parameters.
 */
export type Conv = {
  kind: "conv";
  pass: ConvPass;
  batch: number;
  image: readonly [rows: number, columns: number, channels: number];
  channels: readonly number[];
  /** Odd. */
  size: number;
};

export const HIDDEN = 256;
export const CLASSES = 10;

/** By how much a score or a loss may miss float64's. */
const TOLERANCE = 1e-4;

/** What a convolution of the network reads, and gives before it is pooled: [rows, columns, channels] → [rows, columns, features]. */
export interface ConvLayer {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly features: number;
}

export function convLayers({ image: [rows, columns, channels], channels: features }: Conv): ConvLayer[] {
  return features.map((count, i) => ({
    rows: rows >> i,
    columns: columns >> i,
    channels: features[i - 1] ?? channels,
    features: count,
  }));
}

/** Widths of the dense layers: of their input, and of each of them. */
export function denseWidths(task: Conv): [input: number, hidden: number, classes: number] {
  const { rows, columns, features } = convLayers(task).at(-1)!;
  return [(rows >> 1) * (columns >> 1) * features, HIDDEN, CLASSES];
}

/** FLOP of the convolutions and matrix products of a run. A step has three of each, except that nothing needs the gradient of the images. */
export function convFlops(task: Conv): number {
  const { batch, size, pass } = task;
  const convs = convLayers(task).map(
    (layer) => layer.rows * layer.columns * size ** 2 * layer.channels * layer.features,
  );
  const [input, hidden, classes] = denseWidths(task);
  const forward = convs.reduce((sum, n) => sum + n, input * hidden + hidden * classes);
  return 2 * batch * (pass === "forward" ? forward : 3 * forward - convs[0]!);
}

/** Milliseconds of a run. */
export const conv: Workload<Conv> = {
  name: ({ pass }) => `conv ${pass}`,
  size: ({ batch, image, channels, size }) => `${batch}, ${image.join("x")}, ${channels.join("-")} by ${size}x${size}`,
  unit: () => "ms",
  better: "less",
  value: (_, runsPerSecond) => 1000 / runsPerSecond,
  /** The evidence: all scores, or the loss of each step at the rates of `convRates`. */
  checker(task) {
    const inputs = convInputs(task);
    const [what, exact] =
      task.pass === "forward"
        ? (["score", convScores(task, inputs)] as const)
        : (["loss", convLosses(task, inputs, convRates())] as const);
    return (evidence) => {
      if (evidence.length !== exact.length)
        throw new Error(`${exact.length} numbers were asked for, ${evidence.length} came`);
      for (const [i, value] of exact.entries())
        if (!(Math.abs(evidence[i]! - value) <= TOLERANCE * (1 + Math.abs(value))))
          throw new Error(`${what} ${i} is ${evidence[i]}, in float64 it is ${value}`);
    };
  },
};

/** The rate of each step that is checked. The last loss has seen the gradients and the momentum of the steps before it. */
export const convRates = (): number[] => [1e-3, 1e-3, 1e-3];

/** A parameter: weights [size, size, channels, features] of a convolution, [in, out] of a dense layer, or a bias. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface ConvInputs {
  /** [batch, rows, columns, channels] */
  x: Float32Array;
  /** [batch], classes. */
  labels: Int32Array;
  /** Weights and bias of each convolution, then of each dense layer. */
  parameters: Parameter[];
}

/** Examples that differ; a larger batch repeats them, so that float64's gradients are those of these few. It changes no engine's work. */
export const DISTINCT = 4;

/** Weights with deviation √(2 / inputs), which keeps rectified signals; small biases. */
export function convInputs(task: Conv): ConvInputs {
  const { batch, image, size } = task;
  const [input, hidden, classes] = denseWidths(task);
  const shapes = [
    ...convLayers(task).map(({ channels, features }) => [size, size, channels, features]),
    ...[
      [input, hidden],
      [hidden, classes],
    ],
  ];
  const parameters = shapes.flatMap((shape, i): Parameter[] => {
    const features = shape.at(-1)!;
    const count = shape.reduce((n, length) => n * length, 1);
    return [
      { shape, data: normals(10 + 2 * i, count, Math.sqrt((2 * features) / count)) },
      { shape: [features], data: normals(11 + 2 * i, features, 0.1) },
    ];
  });
  const [each, labels] = [uniforms(4, DISTINCT * image[0] * image[1] * image[2]), integers(5, DISTINCT, CLASSES)];
  return {
    x: Float32Array.from({ length: (batch * each.length) / DISTINCT }, (_, i) => each[i % each.length]!),
    labels: Int32Array.from({ length: batch }, (_, b) => labels[b % DISTINCT]!),
    parameters,
  };
}

/** Images [count, pixels, channels] as [count, channels, pixels]. */
export function channelsFirst(images: Float32Array, count: number, channels: number): Float32Array {
  const pixels = images.length / count / channels;
  const turned = new Float32Array(images.length);
  for (let i = 0; i < count; i++)
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let c = 0; c < channels; c++)
        turned[(i * channels + c) * pixels + pixel] = images[(i * pixels + pixel) * channels + c]!;
  return turned;
}

/** Weights for engines whose images have their channels first: [features, channels, size, size], and the first dense layer's rows in that order. */
export function parametersChannelsFirst(task: Conv, parameters: readonly Parameter[]): Parameter[] {
  const layers = convLayers(task);
  const features = layers.at(-1)!.features;
  return parameters.map(({ shape, data }, i) => {
    if (shape.length === 4) {
      const [rows, columns, channels, count] = shape as [number, number, number, number];
      // [taps, channels · features] → [channels · features, taps] → [features, channels, taps]
      const perPair = channelsFirst(data, 1, channels * count);
      const turned = new Float32Array(data.length);
      const taps = rows * columns;
      for (let c = 0; c < channels; c++)
        for (let n = 0; n < count; n++)
          turned.set(perPair.subarray((c * count + n) * taps, (c * count + n + 1) * taps), (n * channels + c) * taps);
      return { shape: [count, channels, rows, columns], data: turned };
    }
    if (i !== 2 * layers.length) return { shape, data };
    const [input, width] = shape as [number, number];
    const pixels = input / features;
    const turned = new Float32Array(data.length);
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let c = 0; c < features; c++) {
        const row = pixel * features + c;
        turned.set(data.subarray(row * width, (row + 1) * width), (c * pixels + pixel) * width);
      }
    return { shape, data: turned };
  });
}
