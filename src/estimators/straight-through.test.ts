import { expect, test } from "vitest";
import { add, constant, exp, mul, square, sum, type Tensor } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { estimatorFor } from "./index.ts";
import { straightThrough } from "./straight-through.ts";
import { straightThroughSlope } from "./straight-through-slope.ts";

const A = [
  [0.3, -0.8],
  [1.9, 0.1],
];
const key = () => replayKey({ uniform: [matrix([[0.1, 0.9], [0.95, 0.2]])] }); // biome-ignore format: one batch
const H = [1, 0, 0, 1];
const curved = (h: Tensor): Tensor => sum(add(square(h), exp(mul(h, 0.5))), 1);
const slope = H.map((h) => 2 * h + 0.5 * Math.exp(0.5 * h));

test("straight-through: the gradient is ∂L/∂h at the sample, whatever the probability", () => {
  const { gradient } = step(straightThrough, matrix(A), curved, { key: key() });
  slope.forEach((g, i) => expect(gradient.data[i]).toBeCloseTo(g, 14));
});

test("straight-through-slope: the gradient is ∂L/∂h at the sample, times σ(a)(1 − σ(a))", () => {
  const { gradient } = step(straightThroughSlope(), matrix(A), curved, { key: key() });
  A.flat().forEach((a, i) => expect(gradient.data[i]).toBeCloseTo(slope[i]! * sigmoid(a) * (1 - sigmoid(a)), 14));
});

test("straight-through-open: what the others give to units that fired, and nothing to those that did not", () => {
  const { gradient } = step(estimatorFor("straight-through-open"), matrix(A), curved, { key: key() });
  slope.forEach((g, i) => expect(gradient.data[i]).toBeCloseTo(H[i]! * g, 14));
  const sloped = step(estimatorFor({ name: "straight-through-open", slope: "on" }), matrix(A), curved, { key: key() });
  A.flat().forEach((a, i) =>
    expect(sloped.gradient.data[i]).toBeCloseTo(H[i]! * slope[i]! * sigmoid(a) * (1 - sigmoid(a)), 14),
  );
});

test("straight-through: b and b² agree on every sample and give different gradients", () => {
  const [once, twice] = [(h: Tensor) => sum(h, 1), (h: Tensor) => sum(square(h), 1)].map((loss) =>
    step(straightThrough, matrix(A), loss, { key: key() }),
  );
  expect(once!.loss).toEqual(twice!.loss);
  expect([...once!.gradient.data]).toEqual([1, 1, 1, 1]);
  expect([...twice!.gradient.data]).toEqual([2, 0, 0, 2]);
});

test("straight-through-slope: exact where the loss is linear in each unit, products of units included", () => {
  const network: Network = {
    layers: [{ estimator: straightThroughSlope(), axis: (a) => cells([sigmoid(a)]) }],
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
    // 2h₁ − h₂ + 3h₁h₂, with h₁h₂ = ½((h₁ + h₂)² − h₁² − h₂²)
    loss: (y) =>
      add(sum(mul(y, matrix([[2, -1]])), 1), mul(square(sum(y, 1)).sub(sum(square(y), 1)), constant(1.5, "float64"))),
  };
  const [mean, truth] = [expectedEstimate(network).mean, trueGradient(network)];
  mean[0]!.forEach((g, i) => expect(Math.abs(g - truth[0]![i]!)).toBeLessThan(1e-9));
});
