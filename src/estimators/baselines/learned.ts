import {
  add,
  evaluate,
  gradients,
  matmul,
  mean,
  mul,
  NdArray,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
} from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";

/** A net of one hidden layer, from a layer's pre-activations to one number an example. H units, N hidden ones. */
export interface Learned<T = Tensor> {
  readonly inWeight: T; //  [H, N]
  readonly inBias: T; //    [N]
  readonly outWeight: T; // [N]
  readonly outBias: T; //   []
  readonly [name: string]: T;
}

/** Weights of the hidden layer uniform on ±√(6 / (H + N)), all others 0, so that the first baseline is 0. float32 */
export function init(units: number, hidden: number, key: Key): Learned<NdArray> {
  const bound = Math.sqrt(6 / (units + hidden));
  const [inWeight] = evaluate([mul(sub(key.uniform([units, hidden]), 0.5), 2 * bound)]);
  return {
    inWeight: inWeight!,
    inBias: NdArray.zeros([hidden]),
    outWeight: NdArray.zeros([hidden]),
    outBias: NdArray.zeros([]),
  };
}

/**
 * tanh(tanh(a/2) W + b)·v + c. What it reads are the units' probabilities as 2p − 1: within ±1 however large a is, so that a
 * saturated layer can't make its training diverge.
 * @param a [B, H]
 * @returns [B]
 */
export function predict({ inWeight, inBias, outWeight, outBias }: Learned, a: Tensor): Tensor {
  const hidden = tanh(add(matmul(tanh(mul(a, 0.5)), inWeight), inBias));
  return add(sum(mul(hidden, outWeight), 1), outBias);
}

/**
 * The net after a step of gradient descent on the mean of ½(target − prediction)²; `error` is target − prediction, a constant, and may
 * be scaled.
 * @param prediction [B] of `params`
 * @param error      [B]
 */
export function step(params: Learned, prediction: Tensor, error: Tensor, rate: number): Learned {
  const names = Object.keys(params);
  const ascent = gradients(
    mean(mul(stopGradient(error), prediction)),
    names.map((name) => params[name]!),
  );
  return Object.fromEntries(names.map((name, i) => [name, add(params[name]!, mul(ascent[i]!, rate))])) as Learned;
}
