import { describe, expect, test } from "vitest";
import { constant, evaluate, gradients, NdArray, type Tensor } from "../../graph/index.ts";
import { make } from "../../options/index.ts";
import { divergence, fittedPrior, type Posterior, type PriorOf, weightPriors } from "./posterior.ts";

const numbers = (values: readonly number[]): Tensor =>
  constant(new NdArray(Float64Array.from(values), [values.length]));
const value = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const weights = (mean: readonly number[], logDeviation: readonly number[]): Posterior => ({
  mean: numbers(mean),
  logDeviation: numbers(logDeviation),
});
const fixed = (mean: number, deviation: number): PriorOf =>
  make("test", weightPriors, { name: "fixed", mean, deviation });

const means = [0.3, -1.2, 0.04, 2];
const logs = [-1, 0.2, -2.5, -0.3];
const split = [weights(means.slice(0, 1), logs.slice(0, 1)), weights(means.slice(1), logs.slice(1))];

describe("the divergence of weights from their prior", () => {
  test("is the integral of q log(q / p), summed over the weights", () => {
    const log = (x: number, m: number, s: number) => -0.5 * ((x - m) / s) ** 2 - Math.log(s);
    const [m, d] = [0.5, 0.8];
    const integral = means.reduce((total, mu, i) => {
      const s = Math.exp(logs[i]!);
      const step = s / 200;
      // The trapezoidal rule on ±12 deviations is exact to rounding for a Gaussian.
      for (let k = -2400; k <= 2400; k++) {
        const x = mu + k * step;
        const q = Math.exp(log(x, mu, s)) / Math.sqrt(2 * Math.PI);
        total += step * q * (log(x, mu, s) - log(x, m, d));
      }
      return total;
    }, 0);
    expect(value(divergence(split, fixed(m, d)))[0]).toBeCloseTo(integral, 10);
  });

  test("is 0 for weights that are as their prior", () => {
    const log = Math.log(0.8);
    expect(value(divergence([weights([0.5, 0.5], [log, log])], fixed(0.5, 0.8)))[0]).toBeCloseTo(0, 14);
  });

  test("is smallest at the fitted prior, whose mean and variance are those of the mixture of all weights", () => {
    const { mean, variance } = fittedPrior(split);
    const [m, v] = [value(mean)[0]!, value(variance)[0]!];
    const average = means.reduce((a, b) => a + b) / 4;
    expect(m).toBeCloseTo(average, 14);
    expect(v).toBeCloseTo(means.reduce((s, mu, i) => s + Math.exp(2 * logs[i]!) + (mu - average) ** 2, 0) / 4, 14);
    const at = (m: number, d: number) => value(divergence(split, fixed(m, d)))[0]!;
    const least = value(divergence(split, fittedPrior))[0]!;
    expect(at(m, Math.sqrt(v))).toBeCloseTo(least, 12);
    for (const [dm, dd] of [[0.01, 0], [-0.01, 0], [0, 0.01], [0, -0.01]] as const) // biome-ignore format: a table
      expect(at(m + dm, Math.sqrt(v) + dd)).toBeGreaterThan(least);
  });

  test.each([
    ["fitted", fittedPrior],
    ["fixed", fixed(0.5, 0.8)],
  ])("has the gradient of central differences with a %s prior", (_, prior) => {
    const at = (mu: readonly number[], rho: readonly number[]) => divergence([weights(mu, rho)], prior);
    const own = weights(means, logs);
    const slopes = gradients(divergence([own], prior), [own.mean, own.logDeviation]).flatMap(value);
    const h = 1e-5;
    const moved = (of: readonly number[], i: number, by: number) => of.map((x, k) => (k === i ? x + by : x));
    const central = (up: Tensor, down: Tensor) => (value(up)[0]! - value(down)[0]!) / (2 * h);
    const wanted = [
      ...means.map((_, i) => central(at(moved(means, i, h), logs), at(moved(means, i, -h), logs))),
      ...logs.map((_, i) => central(at(means, moved(logs, i, h)), at(means, moved(logs, i, -h)))),
    ];
    slopes.forEach((slope, i) => expect(slope).toBeCloseTo(wanted[i]!, 8));
  });

  test("counts weights of several arrays alike, however they are cut up", () => {
    const whole = value(divergence([weights(means, logs)], fittedPrior))[0]!;
    expect(value(divergence(split, fittedPrior))[0]).toBeCloseTo(whole, 12);
  });
});
