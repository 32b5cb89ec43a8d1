import { add, cast, div, maximum, mean, mul, NdArray, notEqual, reshape, sizeOf, sqrt, square, stopGradient, sub, sum, type Tensor, where } from "../../graph/index.ts"; // biome-ignore format: one line
import type { LayerParams } from "../model.ts";
import { byChannel } from "./image.ts";

/** What a normalisation of C channels learns, [C] each. */
export const scaleAndShift = (channels: number) => [
  { name: "scale", shape: [channels] },
  { name: "shift", shape: [channels] },
];

/** The mean and variance of each channel that test uses, which a rule moves. */
export const runningMoments = (channels: number) => [
  { name: "mean", shape: [channels], byRule: true as const },
  { name: "variance", shape: [channels], byRule: true as const },
];

/** The share of a batch in the running moments, and what is added to a variance. */
export const usualNormalisation = { momentum: 0.1, epsilon: 1e-5 } as const;

const filled = (value: number, count: number): NdArray => new NdArray(new Float32Array(count).fill(value), [count]);

/** The first ones: a scale of `gain`, a shift of 0. */
export const firstScale = (channels: number, gain: number): LayerParams<NdArray> => ({
  scale: filled(gain, channels),
  shift: NdArray.zeros([channels]),
});

/** The first ones: mean 0, variance 1. */
export const firstMoments = (channels: number): LayerParams<NdArray> => ({
  mean: NdArray.zeros([channels]),
  variance: filled(1, channels),
});

/** Over what a mean is taken: the images whose gates [R, C], or [R, 1] for all channels alike, aren't 0. */
type Gates = Tensor | undefined;

/** How a normalisation reads a batch. */
export interface Normalising {
  /** Whether mean and variance are the batch's (otherwise the running ones). */
  readonly training: boolean;
  /** B: each copy of B rows is normalised by itself. */
  readonly rows: number;
  /** What is added to a variance. */
  readonly epsilon: number;
  /**
   * Closed images count for nothing, and are normalised like open ones. A channel that is open for no image of a batch has the running mean and variance
   * (default: all images count).
   */
  readonly gates?: Gates;
}

interface Moments {
  readonly mean: Tensor;
  /** x less that mean. */
  readonly centred: Tensor;
  readonly variance: Tensor;
  /** Over how many values, per channel where gates are. */
  readonly count: Tensor | number;
}

/** Of x, over `axis`. */
export function momentsOf(x: Tensor, axis: number): Moments {
  const of = mean(x, axis, { keep: true });
  const centred = sub(x, of);
  return { mean: of, centred, variance: mean(square(centred), axis, { keep: true }), count: x.shape[axis]! };
}

/** 1 where a gate isn't 0, and 0 elsewhere. */
const opened = (gates: Tensor): Tensor => cast(notEqual(stopGradient(gates), 0), gates.dtype);

/** Of the channels of each of `copies` copies of x [R, …, C], over its open images; the running ones where none is. */
function momentsOfOpen(own: LayerParams<Tensor>, x: Tensor, gates: Tensor, copies: number): Moments {
  const [rows, places, channels] = [x.shape[0]! / copies, sizeOf(x.shape.slice(1, -1)), x.shape.at(-1)!];
  const isOpen = reshape(opened(gates), [copies, rows, 1, gates.shape[1]!]);
  const images = reshape(x, [copies, rows, places, channels]);
  const total = (values: Tensor): Tensor => sum(values, [1, 2], { keep: true });
  const open = total(isOpen);
  const count = maximum(mul(open, places), 1);
  const known = (moment: Tensor, running: Tensor): Tensor => where(notEqual(open, 0), moment, running);
  const of = known(div(total(mul(images, isOpen)), count), own.mean!);
  const centred = sub(images, of);
  const variance = known(div(total(mul(square(centred), isOpen)), count), own.variance!);
  return { mean: of, centred, variance, count };
}

/** γ · centred / √(variance + ε) + β */
export const scaled = (own: LayerParams<Tensor>, centred: Tensor, variance: Tensor, epsilon: number): Tensor =>
  add(mul(centred, div(own.scale!, sqrt(add(variance, epsilon)))), own.shift!);

/**
 * Each channel with mean 0 and variance 1, scaled and shifted. Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167.
 * @param own scale, shift, mean, variance, [C] each
 * @param x [R, …, C]
 */
export function batchNormalised(
  own: LayerParams<Tensor>,
  x: Tensor,
  { training, rows, epsilon, gates }: Normalising,
): Tensor {
  if (!training) return reshape(scaled(own, sub(byChannel(x), own.mean!), own.variance!, epsilon), x.shape);
  const copies = x.shape[0]! / rows;
  const channels = x.shape.at(-1)!;
  const all = reshape(x, [copies, (rows * sizeOf(x.shape.slice(1))) / channels, channels]);
  const plain = (): Moments => momentsOf(copies === 1 ? byChannel(x) : all, copies === 1 ? 0 : 1);
  const { centred, variance } = gates ? momentsOfOpen(own, x, gates, copies) : plain();
  return reshape(scaled(own, centred, variance, epsilon), x.shape);
}

/** The running mean, and the running variance of n − 1, after a step that read x [R, …, C]: moved by a share `momentum`. Where no image is open, they stay. */
export function movedMoments(
  own: LayerParams<Tensor>,
  x: Tensor,
  momentum: number,
  gates?: Gates,
): LayerParams<Tensor> {
  const channels = x.shape.at(-1)!;
  const values = stopGradient(x);
  const { mean: of, variance, count } = gates ? momentsOfOpen(own, values, gates, 1) : momentsOf(byChannel(values), 0);
  const towards = (before: Tensor, now: Tensor): Tensor =>
    add(before, mul(sub(reshape(now, [channels]), before), momentum));
  const unbiased = typeof count === "number" ? count / Math.max(1, count - 1) : div(count, maximum(sub(count, 1), 1));
  return { mean: towards(own.mean!, of), variance: towards(own.variance!, mul(variance, unbiased)) };
}
