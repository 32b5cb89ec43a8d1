import fc from "fast-check";
import { expect, test } from "vitest";
import { mul, sum } from "../graph/index.ts";
import { expectedEstimate, matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { scoreFunction } from "./score-function.ts";

test("score-function: a = 0, L = 3h + 1 gives (1 − ½)·4 where the unit is on and (0 − ½)·1 where it is off", () => {
  const key = replayKey({ uniform: [matrix([[0.2], [0.7]])] });
  const { gradient } = step(scoreFunction, matrix([[0], [0]]), (h) => sum(mul(h, 3).add(1), 1), { key });
  expect([...gradient.data]).toEqual([2, -0.5]);
});

test("score-function: E[ĝ²] = p(1−p)[(1−p) L₁² + p L₀²]", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      (a, slope) => {
        const p = sigmoid(a);
        const { square } = expectedEstimate({
          layers: [{ estimator: scoreFunction, axis: () => cells([p]) }],
          weights: [[[slope]]],
          biases: [[a], [0.7]],
          loss: (y) => sum(y, 1),
        });
        expect(square[0]![0]).toBeCloseTo(p * (1 - p) * ((1 - p) * (slope + 0.7) ** 2 + p * 0.7 ** 2), 10);
      },
    ),
    { numRuns: 30 },
  );
});
