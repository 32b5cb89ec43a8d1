import { expect, test } from "vitest";
import { array, constant, evaluate } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { normalDistribution } from "../../statistics/normal.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import { normalOfLogit, normalOfUniform } from "./normal-quantile.ts";

const ofUniform = (u: number[]): number[] => [...evaluate([normalOfUniform(matrix([u]))])[0]!.data];
const ofLogit = (a: number[]): number[] => [...evaluate([normalOfLogit(matrix([a]))])[0]!.data];

test("normalOfUniform: the inverse of Φ, near ½ and in the tails", () => {
  const x = [-5.3, -3.2, -1.5, -1.43, -0.4, 0, 0.9, 1.45, 2.6, 4.1];
  ofUniform(x.map(normalDistribution)).forEach((z, i) => expect(z).toBeCloseTo(x[i]!, 8));
  ofUniform(x.slice(3, 8).map(normalDistribution)).forEach((z, i) => expect(z).toBeCloseTo(x[3 + i]!, 13));
});

test("normalOfUniform: known quantiles of the tails", () => {
  const known = {
    0.02: -2.053748910631823,
    1e-5: -4.264890793922825,
    1e-10: -6.361340902404056,
    1e-16: -8.222082216130435,
  };
  ofUniform(Object.keys(known).map(Number)).forEach((z, i) => expect(z).toBeCloseTo(Object.values(known)[i]!, 13));
});

test("normalOfUniform: a draw of 0 is finite, and less than every other draw's", () => {
  const [zero, next] = evaluate([normalOfUniform(constant(array([0, 2 ** -24])))])[0]!.data;
  expect(zero).toBeGreaterThan(-10);
  expect(zero).toBeLessThan(next!);
});

test("normalOfLogit: Φ⁻¹(σ(a)), and where σ(a) is nothing, what log Φ(−x) = −x²/2 − log(x√2π) + log(1 − 1/x² + 3/x⁴ − …) says", () => {
  const a = [-3, -0.7, 0, 0.2, 2.4];
  const uniform = ofUniform(a.map(sigmoid));
  ofLogit(a).forEach((z, i) => expect(z).toBeCloseTo(uniform[i]!, 13));
  for (const size of [60, 400]) {
    const [x, other] = ofLogit([size, -size]) as [number, number];
    expect(other).toBe(-x);
    const series = 1 - x ** -2 + 3 * x ** -4 - 15 * x ** -6 + 105 * x ** -8 - 945 * x ** -10;
    expect(-(x ** 2) / 2 - Math.log(x * Math.sqrt(2 * Math.PI)) + Math.log(series)).toBeCloseTo(-size, 4);
  }
});
