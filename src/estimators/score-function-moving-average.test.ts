import { expect, test } from "vitest";
import { mul, sum } from "../graph/index.ts";
import { expectedEstimate, matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { scoreFunctionMovingAverage } from "./score-function-moving-average.ts";

const key = () => replayKey({ uniform: [matrix([[0.2], [0.7]])] });
const scalar = (x: number) => matrix([[x]]).reshape([]);

test("score-function-moving-average: the gradient is (h − p)(L − c) with the average of the earlier steps", () => {
  const state = { mean: 2 };
  const { gradient, loss } = step(scoreFunctionMovingAverage(), matrix([[0], [0]]), (h) => sum(mul(h, 4).add(1), 1), {
    key: key(),
    state,
  });
  expect([...loss.data]).toEqual([5, 1]);
  expect([...gradient.data]).toEqual([0.5 * (5 - 2), -0.5 * (1 - 2)]);
});

test("score-function-moving-average: the average starts at 0, keeps 0.9 of itself and takes 0.1 of the batch's mean", () => {
  const estimator = scoreFunctionMovingAverage();
  expect([...estimator.init!([3], key()).mean!.data]).toEqual([0]);
  const run = (decay?: number) =>
    step(scoreFunctionMovingAverage({ decay }), matrix([[0], [0]]), (h) => sum(mul(h, 4).add(1), 1), {
      key: key(),
      state: { mean: 2 },
    }).state.mean!.data[0];
  expect(run()).toBeCloseTo(0.9 * 2 + 0.1 * 3, 12);
  expect(run(0.25)).toBeCloseTo(0.25 * 2 + 0.75 * 3, 12);
});

test("score-function-moving-average: E[ĝ²] = p(1−p)[(1−p)(L₁ − c)² + p(L₀ − c)²]", () => {
  const [a, c] = [0.7, 1.6];
  const p = sigmoid(a);
  const { square } = expectedEstimate(
    {
      layers: [{ estimator: scoreFunctionMovingAverage(), axis: () => cells([p]) }],
      weights: [[[1.5]]],
      biases: [[a], [0.7]],
      loss: (y) => sum(y, 1),
    },
    [{ mean: scalar(c) }],
  );
  expect(square[0]![0]).toBeCloseTo(p * (1 - p) * ((1 - p) * (2.2 - c) ** 2 + p * (0.7 - c) ** 2), 12);
});
