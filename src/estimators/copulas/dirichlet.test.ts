import fc from "fast-check";
import { expect, test } from "vitest";
import { array, constant, evaluate, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { replayKey } from "../../random/index.ts";
import { gaussPanels } from "../../statistics/quadrature.ts";
import { dirichlet, dirichletUniforms } from "./dirichlet.ts";

const values = (tensors: readonly Tensor[]): number[][] => evaluate(tensors).map(({ data }) => [...data]);
const copula = (first: number[], others: number[][], K: number): number[][] =>
  values(
    dirichletUniforms(
      matrix(first.map((u) => [u])),
      replayKey({ uniform: others.map((w) => matrix(w.map((x) => [x]))) }),
      K,
    ),
  );

const open = fc.double({ min: 0.001, max: 0.999, noNaN: true });

test("dirichlet: the first variable is the one given, and Σ (1 − v^(1/(K−1))) = 1, which is what makes them repel", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 7 }), open, fc.array(open, { minLength: 5, maxLength: 5 }), (K, u, w) => {
      const v = copula(
        [u],
        w.slice(0, K - 2).map((x) => [x]),
        K,
      ).map(([x]) => x!);
      expect(v).toHaveLength(K);
      expect(v[0]).toBe(u);
      expect(v.reduce((t, x) => t + 1 - x ** (1 / (K - 1)), 0)).toBeCloseTo(1, 10);
    }),
  );
});

test("dirichlet: two variables are u and 1 − u", () => {
  expect(copula([0.3, 0.8], [], 2)[1]).toEqual([0.7, 1 - 0.8]);
});

test("dirichlet: four variables have the Dirichlet's moments, E[d] = 1/4, E[d²] = 1/10, E[d d'] = 1/20, for every pair", () => {
  // In the powers of the noise of which the d are polynomials.
  const { nodes, weights } = gaussPanels([0, 1], 1);
  const rule = nodes.map((t, i) => ({ t, weight: weights[i]! }));
  const points = rule.flatMap((x) => rule.flatMap((y) => rule.map((z) => [x, y, z] as const)));
  const power = (k: 0 | 1 | 2, n: number) => points.map((point) => point[k].t ** n);
  const weight = points.map(([x, y, z]) => x.weight * 3 * x.t ** 2 * (y.weight * 2 * y.t) * z.weight);
  const d = copula(power(0, 3), [power(1, 2), power(2, 1)], 4).map((v) => v.map((x) => 1 - Math.cbrt(x)));
  const mean = (f: (i: number) => number) => weight.reduce((t, w, i) => t + w * f(i), 0);
  d.forEach((one, j) => {
    expect(mean((i) => one[i]!)).toBeCloseTo(1 / 4, 12);
    d.forEach((other, k) => expect(mean((i) => one[i]! * other[i]!)).toBeCloseTo(j === k ? 1 / 10 : 1 / 20, 12));
  });
});

test("dirichlet: p(1 − p)/(p − P(1,1)), and σ(|a|) for two samples", () => {
  const sizes = [0, 0.4, 1.3, 2.9];
  for (const K of [2, 3, 5, 12]) {
    const [found] = values([dirichlet.correction(matrix([sizes]), K)]);
    sizes.forEach((size, i) => {
      const q = 1 / (1 + Math.exp(size));
      const both = Math.max(0, 2 * q ** (1 / (K - 1)) - 1) ** (K - 1);
      expect(found![i]).toBeCloseTo((q * (1 - q)) / (q - both), 12);
      if (K === 2) expect(found![i]).toBeCloseTo(1 - q, 12);
    });
  }
});

test("dirichlet: it stays finite in single precision, up to 1 where units are certain", () => {
  for (const K of [2, 3, 40]) {
    const [found] = values([dirichlet.correction(constant(array([0, 20, 400])), K)]);
    expect(found![0]).toBeGreaterThanOrEqual(0.5);
    expect(found!.slice(1)).toEqual([1, 1]);
  }
});
