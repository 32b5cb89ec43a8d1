import fc from "fast-check";
import { expect, test } from "vitest";
import { array, constant, matmul, square, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { localExpectation } from "./local-expectation.ts";
import { scoreFunction } from "./score-function.ts";
import { probabilities, problems, squaresOf } from "./testing/problem.ts";

test("local-expectation: every unit's p(1 − p)(L(1) − L(0)), the others as sampled, for each example of a batch", () => {
  const a = [
    [0.3, -0.8, 1.1],
    [-0.2, 0.5, 0],
  ];
  const bits = [
    [1, 0, 1],
    [0, 0, 1],
  ];
  const weights = [2, -1, 0.5];
  const loss = (b: readonly number[]) => b.reduce((t, bit, i) => t + bit * weights[i]!, 1) ** 2;
  const { gradient, loss: value } = step(
    localExpectation,
    matrix(a),
    (h) =>
      square(
        sum(
          matmul(
            h,
            constant(
              array(
                weights.map((w) => [w]),
                { dtype: "float64" },
              ),
            ),
          ),
          1,
        ).add(1),
      ),
    { key: replayKey({ uniform: [matrix(bits.map((row) => row.map((bit) => (bit ? 0.01 : 0.99))))] }) },
  );
  bits.forEach((b, row) => {
    expect(value.data[row]).toBeCloseTo(loss(b), 12);
    b.forEach((_, i) => {
      const [on, off] = [1, 0].map((bit) => loss(b.map((x, j) => (j === i ? bit : x))));
      const p = sigmoid(a[row]![i]!);
      expect(gradient.data[3 * row + i]).toBeCloseTo(p * (1 - p) * (on! - off!), 12);
    });
  });
});

test("local-expectation: E[ĝ²] = p²(1 − p)² E[(L(1) − L(0))²], and never above the score function's", () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const P = probabilities(problem);
      const [l00, l10, l01, l11] = problem.table as [number, number, number, number];
      const [p, q] = problem.a.map(sigmoid) as [number, number];
      const expected = [
        (p * (1 - p)) ** 2 * ((P[0]! + P[1]!) * (l10 - l00) ** 2 + (P[2]! + P[3]!) * (l11 - l01) ** 2),
        (q * (1 - q)) ** 2 * ((P[0]! + P[2]!) * (l01 - l00) ** 2 + (P[1]! + P[3]!) * (l11 - l10) ** 2),
      ];
      const [found, above] = [squaresOf(localExpectation, problem), squaresOf(scoreFunction, problem)];
      found.forEach((x, i) => {
        expect(x).toBeCloseTo(expected[i]!, 11);
        expect(x).toBeLessThanOrEqual(above[i]! + 1e-13);
      });
    }),
    { numRuns: 25 },
  );
});
