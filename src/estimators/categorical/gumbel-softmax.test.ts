import { expect, test } from "vitest";
import { square, sum, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { gumbelSoftmax } from "./gumbel-softmax.ts";
import { categoricalStraightThroughGumbel } from "./straight-through-gumbel.ts";

const A = [0.3, -0.8, 0.5, 1.2, -0.4, 0.1];
const estimator = gumbelSoftmax({ classes: 3, temperature: 0.7 });

test("gumbel-softmax: the gradient is the derivative of the loss that it gives, at fixed noise", () => {
  const rest = (h: Tensor) => sum(square(h.mul(matrix([[1, -2, 0.5, 3, 1, -1]]))), 1);
  const lossAt = (i: number, offset: number) =>
    step(estimator, matrix([A.map((x, j) => (i === j ? x + offset : x))]), rest).loss.data[0]!;
  const { gradient } = step(estimator, matrix([A]), rest);
  A.forEach((_, i) => {
    const slope = (8 * (lossAt(i, 1e-3) - lossAt(i, -1e-3)) - (lossAt(i, 2e-3) - lossAt(i, -2e-3))) / 12e-3;
    expect(gradient.data[i]).toBeCloseTo(slope, 9);
  });
});

test("categorical-straight-through-gumbel: for a linear loss the gradient is gumbel-softmax's, of the same noise", () => {
  const rest = (h: Tensor) => sum(h.mul(matrix([[1, -2, 0.5, 3, 1, -1]])), 1);
  const hard = step(categoricalStraightThroughGumbel({ classes: 3, temperature: 0.7 }), matrix([A]), rest);
  expect(hard.gradient).toEqual(step(estimator, matrix([A]), rest).gradient);
  expect(Number.isInteger(hard.loss.data[0]! * 2)).toBe(true);
});
