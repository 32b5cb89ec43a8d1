import { expect, test } from "vitest";
import { constant, mul, sum } from "../graph/index.ts";
import { curvedLoss, expectedEstimate, matrix, type Network } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { key as keyOf, replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { scoreFunctionMinimumVariance } from "./score-function-minimum-variance.ts";

const estimator = scoreFunctionMinimumVariance();

test("score-function-minimum-variance: the gradient is (h − p)(L − L̄) with the baseline of the earlier steps", () => {
  const key = replayKey({ uniform: [matrix([[0.2], [0.7]])] });
  const state = { numerator: [6], denominator: [3] }; // L̄ = 2
  const { gradient, loss } = step(estimator, matrix([[0], [0]]), (h) => sum(mul(h, 4).add(1), 1), { key, state });
  expect([...loss.data]).toEqual([5, 1]);
  expect([...gradient.data]).toEqual([0.5 * (5 - 2), -0.5 * (1 - 2)]);
});

test("score-function-minimum-variance: the averages keep 0.9 of themselves and take 0.1 of the batch's means", () => {
  const key = replayKey({ uniform: [matrix([[0.2], [0.7]])] });
  const state = { numerator: [6], denominator: [3] };
  const a = Math.log(3); // p = ¾: (h − p)² = 1/16, twice on
  const next = step(estimator, matrix([[a], [a]]), (h) => sum(h, 1).mul(matrix([[5, 1]]).reshape([2])), {
    key,
    state,
  }).state;
  expect(next.numerator!.data[0]).toBeCloseTo(0.9 * 6 + (0.1 * (5 + 1)) / 2 / 16, 12);
  expect(next.denominator!.data[0]).toBeCloseTo(0.9 * 3 + 0.1 / 16, 12);
});

test("score-function-minimum-variance: `decay` is what the averages keep", () => {
  const state = { numerator: [1], denominator: [1] };
  const { denominator } = step(scoreFunctionMinimumVariance({ decay: 0.25 }), matrix([[0]]), (h) => sum(h, 1), {
    state,
  }).state;
  expect(denominator!.data[0]).toBeCloseTo(0.25 + 0.75 * 0.25, 12);
});

test("score-function-minimum-variance: both averages start at 1e-6, one of each for each unit", () => {
  const { numerator, denominator } = estimator.init!([3], keyOf(1));
  expect(numerator!.data).toEqual(new Float32Array(3).fill(1e-6));
  expect(denominator!.data).toEqual(new Float32Array(3).fill(1e-6));
});

test("score-function-minimum-variance: averages that decayed to 0 give the baseline 0 and not 0/0", () => {
  const state = { numerator: [0], denominator: [0] };
  const key = replayKey({ uniform: [matrix([[0.2]])] });
  expect(step(estimator, matrix([[0]]), (h) => sum(h, 1), { state, key }).gradient.data[0]).toBe(0.5);
});

test("score-function-minimum-variance: at L̄ its variance is the least that a constant can give, in closed form", () => {
  const A = [0.7, -1.2];
  const network: Network = {
    layers: [{ estimator, axis: (a) => cells([sigmoid(a)]) }],
    weights: [
      [
        [0.9, -1.4],
        [-0.6, 0.8],
      ],
    ],
    biases: [A, [0.2, -0.3]],
    loss: curvedLoss,
  };
  const run = (baselines: readonly number[]) =>
    expectedEstimate(network, [{ numerator: row(baselines), denominator: row([1, 1]) }]);
  const row = (x: readonly number[]) => matrix([x]).reshape([2]);

  const loss = (h: readonly number[]) =>
    [1.3, -0.7].reduce(
      (t, v, j) =>
        t + v * Math.tanh(h.reduce((y, bit, i) => y + bit * network.weights[0]![i]![j]!, network.biases[1]![j]!)),
      0.8,
    );
  const mean = (f: (h: readonly number[]) => number) =>
    [0, 1, 2, 3].reduce((t, k) => {
      const h = [k & 1, k >> 1];
      return t + f(h) * h.reduce((q, bit, i) => q * (bit ? sigmoid(A[i]!) : 1 - sigmoid(A[i]!)), 1);
    }, 0);
  const d2 = (h: readonly number[], i: number) => (h[i]! - sigmoid(A[i]!)) ** 2;
  const [numerators, denominators, squares] = [
    (i: number) => mean((h) => d2(h, i) * loss(h)),
    (i: number) => mean((h) => d2(h, i)),
    (i: number) => mean((h) => d2(h, i) * loss(h) ** 2),
  ];
  const best = [0, 1].map((i) => numerators(i) / denominators(i));
  const at = run(best).square[0]!;
  [0, 1].forEach((i) => {
    expect(at[i]).toBeCloseTo(squares(i) - numerators(i) ** 2 / denominators(i), 12);
    for (const off of [-0.1, 0.1]) expect(run(best.map((x) => x + off)).square[0]![i]).toBeGreaterThan(at[i]!);
  });
});

test("score-function-minimum-variance: fed the same batch again and again, the baseline becomes E[(h − p)² L] / E[(h − p)²]", () => {
  const a = matrix([[1], [1], [-1]]);
  const u = matrix([[0.2], [0.8], [0.1]]); // on, off, on
  const losses = matrix([[4, 2, 1]]).reshape([3]);
  let state = { numerator: [1e-6], denominator: [1e-6] };
  for (let i = 0; i < 400; i++) {
    const next = step(estimator, a, (h) => sum(h, 1).mul(constant(0, "float64")).add(losses), {
      state,
      key: replayKey({ uniform: [u] }),
    }).state;
    state = { numerator: [next.numerator!.data[0]!], denominator: [next.denominator!.data[0]!] };
  }
  const p = sigmoid(1);
  const d2 = [(1 - p) ** 2, p ** 2, p ** 2];
  const best = (d2[0]! * 4 + d2[1]! * 2 + d2[2]! * 1) / (d2[0]! + d2[1]! + d2[2]!);
  expect(state.numerator[0]! / state.denominator[0]!).toBeCloseTo(best, 10);
});
