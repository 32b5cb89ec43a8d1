import { expect, test } from "vitest";
import { array, constant, evaluate, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { replayKey } from "../../random/index.ts";
import { normalDistribution } from "../../statistics/normal.ts";
import { gaussPanels } from "../../statistics/quadrature.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import { normalOfLogit } from "../units/normal-quantile.ts";
import { balancedNormals, gaussian } from "./gaussian.ts";

const values = (tensors: readonly Tensor[]): number[][] => evaluate(tensors).map(({ data }) => [...data]);

test("gaussian: K normals of variance 1 with the sum 0 and the correlation −1/(K − 1): the rows of M Mᵀ, M what they are made of", () => {
  for (const K of [2, 3, 5]) {
    // Column j is what comes of noise that is 1 in its j-th draw and 0 in the others.
    const draw = (j: number) => matrix(Array.from({ length: K }, (_, column) => [Number(column === j)]));
    const noise = replayKey({ normal: Array.from({ length: K - 1 }, (_, j) => draw(j + 1)) });
    const M = values(balancedNormals(draw(0), noise, K));
    M.forEach((row, i) =>
      M.forEach((other, j) =>
        expect(row.reduce((t, x, k) => t + x * other[k]!, 0)).toBeCloseTo(i === j ? 1 : -1 / (K - 1), 13),
      ),
    );
    M[0]!.forEach((_, k) => expect(M.reduce((t, row) => t + row[k]!, 0)).toBeCloseTo(0, 13));
  }
});

test("gaussian: the correction is p(1 − p)/(p − P(z, z' < t)), the probability by integration of Φ", () => {
  const sizes = [0.3, 1.7, 4];
  for (const K of [3, 4, 9]) {
    const rho = -1 / (K - 1);
    const [found, thresholds] = values([gaussian.correction(matrix([sizes]), K), normalOfLogit(matrix([sizes]))]);
    sizes.forEach((a, i) => {
      const [t, p] = [thresholds![i]!, sigmoid(a)];
      const { nodes, weights } = gaussPanels([-9, t], 60);
      const both = nodes.reduce((sum, z, k) => {
        const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
        return sum + weights[k]! * density * normalDistribution((t - rho * z) / Math.sqrt(1 - rho ** 2));
      }, 0);
      expect(found![i]).toBeCloseTo((p * (1 - p)) / (p - both), 11);
    });
  }
});

test("gaussian: the correction is even in a, σ(|a|) for two samples, and finite in single precision", () => {
  const [one, other, two] = values([
    gaussian.correction(matrix([[0.7, 2]]), 4),
    gaussian.correction(matrix([[-0.7, -2]]), 4),
    gaussian.correction(matrix([[-0.7, 2]]), 2),
  ]);
  expect(one).toEqual(other);
  [0.7, 2].forEach((a, i) => expect(two![i]).toBeCloseTo(sigmoid(a), 13));
  const [certain] = values([gaussian.correction(constant(array([0, 40, 400])), 4)]);
  expect(certain![0]).toBeGreaterThan(0.5);
  for (const x of certain!.slice(1)) expect(Math.abs(x - 1)).toBeLessThan(1e-3);
});
