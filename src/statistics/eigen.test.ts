import fc from "fast-check";
import { expect, test } from "vitest";
import { symmetricEigen } from "./eigen.ts";

test("the eigenvalues of the second difference are 2 − 2 cos(kπ / (n + 1))", () => {
  const n = 12;
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => [2, -1][Math.abs(i - j)] ?? 0),
  );
  const { values } = symmetricEigen(matrix);
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)), 12);
  });
});

test("of any symmetric matrix, A v = λ v, the vectors are orthonormal, and the largest value comes first", () => {
  const number = fc.double({ min: -10, max: 10, noNaN: true });
  const matrices = fc
    .integer({ min: 1, max: 6 })
    .chain((n) => fc.array(number, { minLength: n * n, maxLength: n * n }));
  fc.assert(
    fc.property(matrices, (entries) => {
      const n = Math.sqrt(entries.length);
      const matrix = Array.from({ length: n }, (_, i) =>
        Array.from({ length: n }, (_, j) => entries[Math.min(i, j) * n + Math.max(i, j)]!),
      );
      const { values, vectors } = symmetricEigen(matrix);
      const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
      for (const [k, vector] of vectors.entries()) {
        for (const [i, row] of matrix.entries()) expect(dot(row, vector)).toBeCloseTo(values[k]! * vector[i]!, 9);
        for (const [l, other] of vectors.entries()) expect(dot(vector, other)).toBeCloseTo(k === l ? 1 : 0, 9);
        if (k > 0) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]!);
      }
    }),
  );
});
