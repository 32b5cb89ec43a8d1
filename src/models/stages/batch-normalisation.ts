import { add, cast, constant, div, greater, maximum, mean, mul, NdArray, notEqual, reshape, sizeOf, sqrt, square, stopGradient, sub, sum, type Tensor, where } from "../../graph/index.ts"; // biome-ignore format: one line
import type { BatchMoments, LayerParams, ParameterSummary, Readout } from "../model.ts";
import type { Sending } from "../stage.ts";
import { byChannel } from "./image.ts";

/** What a normalisation of C channels learns, [C] each. */
export const scaleAndShift = (channels: number) => [
  { name: "scale", shape: [channels] },
  { name: "shift", shape: [channels] },
];

/**
 * The mean and variance of each channel that test uses, which a rule moves. Behind units that draw, those of the deterministic readout are its own, which
 * are fitted: a chance to fire varies less than the 0 and 1 that are drawn with it, and with the variance of these the readout would be too close to 0.
 */
export const testMoments = (channels: number, readsDraws: boolean): ParameterSummary[] =>
  pairsOf(readsDraws)
    .flatMap(({ mean, variance }) => [mean, variance])
    .map((name) => ({ name, shape: [channels], byRule: true }));

/** The names of the moments of each readout. */
export const momentNames = {
  stochastic: { mean: "mean", variance: "variance" },
  deterministic: { mean: "readoutMean", variance: "readoutVariance" },
} as const;

const pairsOf = (readsDraws: boolean) => [momentNames.stochastic, ...(readsDraws ? [momentNames.deterministic] : [])];

/** The share of a batch in the running moments, and what is added to a variance. */
export const usualNormalisation = { momentum: 0.1, epsilon: 1e-5 } as const;

const filled = (value: number, count: number): NdArray => new NdArray(new Float32Array(count).fill(value), [count]);

/** The first ones: a scale of `gain`, a shift of 0. */
export const firstScale = (channels: number, gain: number): LayerParams<NdArray> => ({
  scale: filled(gain, channels),
  shift: NdArray.zeros([channels]),
});

/** The first ones: mean 0, variance 1. */
export const firstMoments = (channels: number, readsDraws: boolean): LayerParams<NdArray> =>
  Object.fromEntries(
    pairsOf(readsDraws).flatMap(({ mean, variance }) => [
      [mean, filled(0, channels)],
      [variance, filled(1, channels)],
    ]),
  );

/** How a normalisation reads a batch, in the call of a stage that `Sending` says. */
export interface Normalising extends Pick<Sending, "training" | "readout" | "fitting" | "rows"> {
  /** What is added to a variance. */
  readonly epsilon: number;
  /**
   * The images whose gates [R, C], or [R, 1] for all channels alike, aren't 0 count; the others are normalised like them. A channel that is open for no
   * image of a batch has the mean and variance of test (default: all images count).
   */
  readonly gates?: Tensor | undefined;
  /** Whether what closed gates would output matters: otherwise a channel that is open for no image reads neither its scale nor its shift (default: "skip"). */
  readonly closed?: "skip" | "evaluate";
}

interface Moments {
  readonly mean: Tensor;
  /** x less that mean. */
  readonly centred: Tensor;
  readonly variance: Tensor;
}

/** Those of the values of a channel in a batch. */
interface FoundMoments extends Moments {
  /** Over how many values, per channel where gates are. */
  readonly count: Tensor | number;
}

/** Of x, over `axis`. */
export function momentsOf(x: Tensor, axis: number): FoundMoments {
  const of = mean(x, axis, { keep: true });
  const centred = sub(x, of);
  return { mean: of, centred, variance: mean(square(centred), axis, { keep: true }), count: x.shape[axis]! };
}

/** Those that test uses, [C] each; where a network keeps one pair, of both readouts alike. */
function ofTest(own: LayerParams<Tensor>, readout: Readout): Omit<Moments, "centred"> {
  const names = momentNames[readout];
  return { mean: own[names.mean] ?? own.mean!, variance: own[names.variance] ?? own.variance! };
}

/** 1 where a gate isn't 0, and 0 elsewhere. */
const opened = (gates: Tensor): Tensor => cast(notEqual(stopGradient(gates), 0), gates.dtype);

/** Of the channels of each of `copies` copies of x [R, …, C], over its open images; those of test where there are less than two values. */
function momentsOfOpen(
  test: Omit<Moments, "centred">,
  x: Tensor,
  gates: Tensor,
  copies: number,
): FoundMoments & { readonly count: Tensor } {
  const [rows, places, channels] = [x.shape[0]! / copies, sizeOf(x.shape.slice(1, -1)), x.shape.at(-1)!];
  const isOpen = reshape(opened(gates), [copies, rows, 1, gates.shape[1]!]);
  const images = reshape(x, [copies, rows, places, channels]);
  const total = (values: Tensor): Tensor => sum(values, [1, 2], { keep: true });
  const count = mul(total(isOpen), places);
  const [known, divisor] = [greater(count, 1), maximum(count, 1)];
  const of = where(known, div(total(mul(images, isOpen)), divisor), test.mean);
  const centred = sub(images, of);
  const variance = where(known, div(total(mul(square(centred), isOpen)), divisor), test.variance);
  return { mean: of, centred, variance, count };
}

/** γ · centred / √(variance + ε) + β */
export const scaled = (own: LayerParams<Tensor>, centred: Tensor, variance: Tensor, epsilon: number): Tensor =>
  add(mul(centred, div(own.scale!, sqrt(add(variance, epsilon)))), own.shift!);

/**
 * Each channel with mean 0 and variance 1, scaled and shifted. Where a batch has a single value of a channel, it is normalised as at test. Ioffe and
 * Szegedy 2015, https://arxiv.org/abs/1502.03167.
 * @param own scale, shift and the moments of test, [C] each
 * @param x [R, …, C]
 */
export function batchNormalised(own: LayerParams<Tensor>, x: Tensor, at: Normalising): Tensor {
  const { training, readout, fitting, rows, epsilon, gates, closed = "skip" } = at;
  const test = ofTest(own, readout);
  const channels = x.shape.at(-1)!;
  const copies = x.shape[0]! / rows;
  const count = (rows * sizeOf(x.shape.slice(1))) / channels;
  if ((!training && !fitting) || count === 1)
    return reshape(scaled(own, sub(byChannel(x), test.mean), test.variance, epsilon), x.shape);
  if (!gates) {
    const found = copies === 1 ? momentsOf(byChannel(x), 0) : momentsOf(reshape(x, [copies, count, channels]), 1);
    fitting?.(told(found, channels));
    return reshape(scaled(own, found.centred, found.variance, epsilon), x.shape);
  }
  const found = momentsOfOpen(test, x, gates, copies);
  fitting?.(told(found, channels));
  const read = (p: Tensor): Tensor => (closed === "skip" ? where(notEqual(found.count, 0), p, 0) : p);
  const used = { scale: read(own.scale!), shift: read(own.shift!) };
  return reshape(scaled(used, found.centred, found.variance, epsilon), x.shape);
}

/** The moments of a batch [C], and over how many values. */
const told = ({ mean: of, variance, count }: FoundMoments, channels: number): BatchMoments => ({
  mean: reshape(of, [channels]),
  variance: reshape(variance, [channels]),
  count:
    typeof count === "number" ? constant(count, of.dtype) : reshape(count, sizeOf(count.shape) === 1 ? [] : [channels]),
});

/**
 * The running mean, and the running variance of n − 1, after a step that read x [R, …, C]: moved by a share `momentum`. Where a batch has less than two
 * values, they stay.
 */
export function movedMoments(
  own: LayerParams<Tensor>,
  x: Tensor,
  momentum: number,
  gates?: Tensor,
): LayerParams<Tensor> {
  const running = ofTest(own, "stochastic");
  const channels = x.shape.at(-1)!;
  const values = stopGradient(x);
  if (sizeOf(x.shape) === channels) return running;
  const {
    mean: of,
    variance,
    count,
  } = gates ? momentsOfOpen(running, values, gates, 1) : momentsOf(byChannel(values), 0);
  const towards = (before: Tensor, now: Tensor): Tensor =>
    add(before, mul(sub(reshape(now, [channels]), before), momentum));
  const unbiased =
    typeof count === "number"
      ? count / (count - 1)
      : where(greater(count, 1), div(count, maximum(sub(count, 1), 1)), 1);
  return { mean: towards(running.mean, of), variance: towards(running.variance, mul(variance, unbiased)) };
}
