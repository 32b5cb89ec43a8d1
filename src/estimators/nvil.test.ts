import { expect, test } from "vitest";
import { array, constant, mul, type NdArray, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { key as keyOf, replayKey } from "../random/index.ts";
import { nvil } from "./nvil.ts";
import { momentsOf, type Problem, trueGradientOf } from "./testing/problem.ts";

/** One hidden unit: C(a) = tanh(tanh(a₁/2) + 2 tanh(a₂/2) + 0.1)·3 + 0.4. */
const net = { inWeight: [[1], [2]], inBias: [0.1], outWeight: [3], outBias: 0.4 };
const predicted = ([x, y]: readonly [number, number]): number =>
  3 * Math.tanh(Math.tanh(x / 2) + 2 * Math.tanh(y / 2) + 0.1) + 0.4;
const tensors = (state: object) =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, constant(array(value, { dtype: "float64" }))]),
  );

const problem: Problem = { a: [0.7, -1.2], table: [0.3, -1.2, 2, 0.9] };
const A = [
  [0.3, -0.8],
  [1.9, 0.1],
] as const;
const run = (estimator: ReturnType<typeof nvil>, state: { mean: number; variance: number }) =>
  step(estimator, matrix(A), (h) => sum(mul(h, 4), 1), {
    key: replayKey({ uniform: [matrix([[0.1, 0.9], [0.2, 0.3]])] }), // biome-ignore format: a table
    state: { ...state, ...net },
  });
const LOSSES = [4, 8]; // of the bits 1 0 and 1 1
const p = (a: number) => 1 / (1 + Math.exp(-a));

test("nvil: the gradient is (h − p)(L − C(a) − c)/max(1, s), or without the division", () => {
  const bits = [1, 0, 1, 1];
  for (const [normalize, variance, scale] of [
    ["on", 9, 3],
    ["on", 0.25, 1],
    ["off", 9, 1],
  ] as const)
    run(nvil({ normalize }), { mean: 0.7, variance }).gradient.data.forEach((g, at) => {
      const row = Math.floor(at / 2);
      const signal = (LOSSES[row]! - predicted(A[row]!) - 0.7) / scale;
      expect(g).toBeCloseTo(signal * (bits[at]! - p(A.flat()[at]!)), 12);
    });
});

test("nvil: the averages keep their share and take that of what the net leaves of the batch", () => {
  const left = LOSSES.map((L, i) => L - predicted(A[i]!)) as [number, number];
  const { state } = run(nvil({ decay: 0.6 }), { mean: 0.7, variance: 9 });
  expect(state.mean!.data[0]).toBeCloseTo(0.6 * 0.7 + (0.4 * (left[0] + left[1])) / 2, 12);
  expect(state.variance!.data[0]).toBeCloseTo(0.6 * 9 + 0.4 * ((left[0] - left[1]) / 2) ** 2, 12);
});

test("nvil: the net takes a step of gradient descent on half the squared signal, by finite differences", () => {
  const parameters = [...net.inWeight.flat(), ...net.inBias, ...net.outWeight, net.outBias];
  const C = ([w1, w2, b, v, c]: readonly number[], [x, y]: readonly [number, number]) =>
    v! * Math.tanh(w1! * Math.tanh(x / 2) + w2! * Math.tanh(y / 2) + b!) + c!;
  const signals = LOSSES.map((L, i) => (L - predicted(A[i]!) - 0.7) / 3);
  const { state } = run(nvil({ rate: 0.5 }), { mean: 0.7, variance: 9 });
  const moved = ["inWeight", "inBias", "outWeight", "outBias"].flatMap((name) => [...state[name]!.data]);
  parameters.forEach((before, k) => {
    const at = (by: number, i: number) => C(parameters.with(k, before + by), A[i]!);
    const slope = signals.reduce((t, signal, i) => t + (signal * (at(1e-5, i) - at(-1e-5, i))) / 2e-5, 0) / 2;
    expect(moved[k]).toBeCloseTo(before + 0.5 * slope, 8);
  });
});

test("nvil: unbiased whatever the state without the division, and 1/s of the gradient with it", () => {
  const truth = trueGradientOf(problem);
  const state = tensors({ mean: 0.7, variance: 9, ...net });
  const [off, on] = (["off", "on"] as const).map(
    (normalize) => momentsOf(nvil({ normalize }), problem, state).mean[0]!,
  );
  truth.forEach((g, i) => {
    expect(off![i]).toBeCloseTo(g, 12);
    expect(on![i]).toBeCloseTo(g / 3, 12);
  });
});

test("nvil: it starts with a baseline of 0, and learns which examples have large losses", () => {
  const estimator = nvil({ hidden: 8, rate: 0.1 });
  const a0 = [2, -1, -2, 1];
  const a = constant(array(a0, { shape: [2, 2], dtype: "float64" }));
  const scale = constant(array([10, 2], { dtype: "float64" }));
  let state = Object.fromEntries(
    Object.entries(estimator.init!([2], keyOf(1))).map(([name, x]) => [name, (x as NdArray).toNested()]),
  );
  const next = () => step(estimator, a, (h) => sum(mul(h, 0), 1).add(scale), { state });
  const deviations = [0, 1, 2, 3].map((at) => Math.abs(next().gradient.data[at]! / [10, 2][at >> 1]!));
  deviations.forEach((d, at) =>
    expect(Math.min(Math.abs(d - p(a0[at]!)), Math.abs(1 - d - p(a0[at]!)))).toBeLessThan(1e-12),
  );
  for (let i = 0; i < 300; i++)
    state = Object.fromEntries(Object.entries(next().state).map(([name, x]) => [name, x.toNested()]));
  for (const g of next().gradient.data) expect(Math.abs(g)).toBeLessThan(0.05);
});
