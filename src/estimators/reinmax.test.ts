import { expect, test } from "vitest";
import { add, constant, mul, square, sum } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { reinmax } from "./reinmax.ts";

const key = () => replayKey({ uniform: [matrix([[0.1, 0.9]])] });

test("reinmax: at τ = 1 the factor on ∂L/∂h is ½(1 − p) where the bit is 1 and ½p where it is 0", () => {
  const { gradient } = step(reinmax(), matrix([[0.7, 0.7]]), (h) => sum(mul(h, 4), 1), { key: key() });
  const p = sigmoid(0.7);
  expect(gradient.data[0]).toBeCloseTo(2 * (1 - p), 13);
  expect(gradient.data[1]).toBeCloseTo(2 * p, 13);
});

test("reinmax: with τ it is 2q(1 − q) − ½p(1 − p), q = ½(σ(a/τ) + b)", () => {
  const { gradient } = step(reinmax({ temperature: 1.6 }), matrix([[0.7, 0.7]]), (h) => sum(h, 1), { key: key() });
  [1, 0].forEach((b, i) => {
    const [p, q] = [sigmoid(0.7), (sigmoid(0.7 / 1.6) + b) / 2];
    expect(gradient.data[i]).toBeCloseTo(2 * q * (1 - q) - (p * (1 - p)) / 2, 13);
  });
});

/** 2h₁² − 3h₁ − h₂² + h₁h₂, quadratic in each unit; and h₁³, which isn't. */
const network = (cubic: number, temperature = 1): Network => ({
  layers: [{ estimator: reinmax({ temperature }), axis: (a) => cells([sigmoid(a)]) }],
  weights: [
    [
      [1, 0],
      [0, 1],
    ],
  ],
  biases: [
    [0.7, -1.2],
    [0, 0],
  ],
  loss: (y) => {
    const both = mul(square(sum(y, 1)).sub(sum(square(y), 1)), constant(0.5, "float64"));
    const quadratic = sum(add(mul(square(y), matrix([[2, -1]])), mul(y, matrix([[-3, 0]]))), 1);
    return add(add(quadratic, both), sum(mul(mul(square(y), y), matrix([[cubic, 0]])), 1));
  },
});
const error = (n: Network): number => {
  const [mean, truth] = [expectedEstimate(n).mean[0]!, trueGradient(n)[0]!];
  return Math.max(...mean.map((x, i) => Math.abs(x - truth[i]!)));
};

test("reinmax: at τ = 1 exact where the loss is quadratic in each unit, products of units included", () => {
  expect(error(network(0))).toBeLessThan(1e-9);
});

test("reinmax: not exact where the loss is cubic, nor at another τ", () => {
  expect(error(network(1))).toBeGreaterThan(0.05);
  expect(error(network(0, 1.5))).toBeGreaterThan(0.01);
});

test("reinmax: a temperature below 1 is an error", () => {
  expect(() => reinmax({ temperature: 0.9 })).toThrow(
    "reinmax: temperature must be a finite number at least 1, received 0.9",
  );
});
