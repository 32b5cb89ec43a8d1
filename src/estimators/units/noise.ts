import { add, div, greater, less, mul, rectifier, sigmoid, softplus, sub, type Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/key.ts";
import { choice, number } from "../options/option.ts";
import { normalCdf, normalDensity } from "./normal-cdf.ts";

/** Noise z of mean 0 and standard deviation `sd`, and what a rectifier makes of it. All shapes are a's: [B, H]. */
export interface Noise {
  /** The standard deviation when none is given. */
  readonly standard: number;
  /** z, of a's shape and dtype. */
  draw(key: Key, a: Tensor, sd: number): Tensor;
  /** P(a + z > 0) */
  rate(a: Tensor, sd: number): Tensor;
  /** E[max(0, a + z)] */
  mean(a: Tensor, sd: number): Tensor;
  /** P(1 + z ≠ 0) */
  kept(sd: number): number;
}

const gaussian: Noise = {
  standard: 1,
  draw: (key, a, sd) => mul(key.normal(a.shape, { dtype: a.dtype }), sd),
  rate: (a, sd) => normalCdf(div(a, sd)),
  mean: (a, sd) => add(mul(a, normalCdf(div(a, sd))), mul(normalDensity(div(a, sd)), sd)),
  kept: () => 1,
};

const PER_SCALE = Math.PI / Math.sqrt(3); // standard deviation of the standard logistic

/** With its standard deviation of π/√3 the rate is σ(a) and the mean is softplus(a). */
const logistic: Noise = {
  standard: PER_SCALE,
  draw: (key, a, sd) => mul(key.logistic(a.shape, { dtype: a.dtype }), sd / PER_SCALE),
  rate: (a, sd) => sigmoid(div(a, sd / PER_SCALE)),
  mean: (a, sd) => mul(softplus(div(a, sd / PER_SCALE)), sd / PER_SCALE),
  kept: () => 1,
};

/** z = m/k − 1 with m ~ Bernoulli(k), k = 1/(1 + sd²): multiplying by 1 + z is a mask that keeps the mean (dropout of ½ for sd 1). */
const bernoulli: Noise = {
  standard: 1,
  draw: (key, a, sd) => sub(mul(less(key.uniform(a.shape, { dtype: a.dtype }), 1 / (1 + sd ** 2)), 1 + sd ** 2), 1),
  rate: (a, sd) => mix(sd, greater(a, -(sd ** 2)), greater(a, 1)),
  mean: (a, sd) => mix(sd, rectifier(add(a, sd ** 2)), rectifier(sub(a, 1))),
  kept: (sd) => 1 / (1 + sd ** 2),
};

const mix = (sd: number, kept: Tensor, dropped: Tensor): Tensor => div(add(kept, mul(dropped, sd ** 2)), 1 + sd ** 2);

export const noises = { gaussian, logistic, bernoulli };
export type NoiseName = keyof typeof noises;

/** The options of every unit with noise injected. */
export const noiseOptions = {
  noise: choice(
    ["gaussian", "logistic", "bernoulli"],
    "gaussian",
    "distribution of the noise; bernoulli is a mask, scaled to keep the mean",
  ),
  sd: number(
    (given) => noises[given.noise as NoiseName].standard,
    { above: 0 },
    "standard deviation of the noise (default: 1; π/√3, the standard logistic, for logistic noise)",
  ),
  injection: choice(
    ["additive", "multiplicative"],
    "additive",
    "additive: f(a + z), before the non-linearity; multiplicative: f(a)·(1 + z), after it",
  ),
};
