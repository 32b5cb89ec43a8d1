import { expect, test } from "vitest";
import { array, constant, evaluate, mul, type NdArray, sub, type Tensor } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import type { EstimatorState } from "./estimator.ts";
import { descendVariance, learnedState } from "./variance-descent.ts";

const tensors = (arrays: Readonly<Record<string, NdArray>>): EstimatorState =>
  Object.fromEntries(
    Object.entries(arrays).map(([k, { data, shape }]) => [k, constant(array(data, { shape, dtype: "float64" }))]),
  );
const start = () => tensors(learnedState({ scale: array(1), other: array([2, 3]) }));
const numbers = (x: Tensor | undefined): number[] => [...evaluate([x!])[0]!.data];

test("learnedState: the numbers, and Adam's memory of each, all 0", () => {
  const state = learnedState({ scale: array(1) });
  expect(Object.keys(state).sort()).toEqual(["mean.scale", "meanWeight", "scale", "square.scale", "squareWeight"]);
  expect([...state["mean.scale"]!.data, ...state.squareWeight!.data]).toEqual([0, 0]);
});

test("descendVariance: Adam's first step is the rate, against the sign of the slope of the mean square", () => {
  const state = start();
  // (5 − scale·x)² falls as scale grows, as long as scale·x < 5
  const estimate = sub(5, mul(matrix([[1, 2], [3, 1]]), state.scale!)); // biome-ignore format: a batch
  const next = descendVariance(state, estimate, { scale: 0.01 });
  expect(numbers(next.scale)[0]).toBeCloseTo(1.01, 8);
});

test("descendVariance: the slope is that of the batch's mean of the sum over units", () => {
  const state = start();
  const estimate = mul(matrix([[1, 2], [3, 1]]), state.scale!); // biome-ignore format: a batch
  const next = descendVariance(state, estimate, { scale: 0.01 });
  // ∂/∂s ½(1 + 4 + 9 + 1)s² = 15 at s = 1; Adam's mean keeps a tenth of it
  expect(numbers(next["mean.scale"])[0]).toBeCloseTo(1.5, 12);
  expect(numbers(next["square.scale"])[0]).toBeCloseTo(225 * 1e-5, 12);
});

test("descendVariance: every number has a rate of its own; what has none, or 0, stays, and nothing is differentiated for it", () => {
  const state = start();
  const estimate = mul(mul(matrix([[1, 2]]), state.scale!), state.other!);
  const both = descendVariance(state, estimate, { scale: 0.01, other: 0.1 });
  expect(numbers(both.scale)[0]).toBeCloseTo(0.99, 8);
  expect(numbers(both.other)[1]).toBeCloseTo(2.9, 7);
  const one = descendVariance(state, estimate, { scale: 0.01, other: 0 });
  expect([one.other, one["mean.other"]]).toEqual([state.other, state["mean.other"]]);
  expect(descendVariance(state, estimate, { scale: 0 })).toBe(state);
});

test("descendVariance: step after step it finds the scale of least variance", () => {
  let state = start();
  const [x, y] = [matrix([[1], [-2], [0.5]]), matrix([[2.1], [-3.9], [1]])];
  for (let i = 0; i < 300; i++) {
    const next = descendVariance(state, sub(y, mul(x, state.scale!)), { scale: 0.02 });
    state = tensors(Object.fromEntries(Object.entries(next).map(([k, t]) => [k, evaluate([t])[0]!])));
  }
  expect(numbers(state.scale)[0]).toBeCloseTo((2.1 + 7.8 + 0.5) / 5.25, 2);
});
