import { expect, test } from "vitest";
import { array, constant, exp, mul, square, sum, type Tensor } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { initialState } from "../laws/initial-state.ts";
import { companion, stack } from "../laws/networks.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import type { Estimator, EstimatorState } from "./estimator.ts";
import { exact } from "./exact.ts";
import { rebar } from "./rebar.ts";
import { relax } from "./relax.ts";
import { scoreFunction } from "./score-function.ts";
import { learn } from "./testing/learned.ts";
import { givenTheBit } from "./testing/relaxed-noise.ts";

const A = [[0.3, -0.8]];
const key = () => replayKey({ uniform: [matrix([[0.1, 0.9]]), matrix([[0.35, 0.6]])] });
const loss = (h: Tensor): Tensor => sum(mul(exp(h), matrix([[2, -1.5]])), 1);
const gradientOf = (estimator: Estimator) => [...step(estimator, matrix(A), loss, { key: key() }).gradient.data];

test("relax: with a net of 0 and η = 0 it is the score function; with η it is REBAR on the Concrete relaxation", () => {
  for (const coupling of ["tied", "independent"] as const) {
    const same = (one: number[], other: number[]) => one.forEach((x, i) => expect(x).toBeCloseTo(other[i]!, 13));
    same(gradientOf(relax({ eta: 0, coupling })), gradientOf(scoreFunction));
    const options = { eta: 0.7, temperature: 0.6, coupling };
    same(gradientOf(relax(options)), gradientOf(rebar({ ...options, relaxation: "concrete" })));
  }
});

/** A state whose net is far from 0. */
function trained(estimator: Estimator, units: number): EstimatorState {
  const start = initialState(estimator, units);
  const filled = (x: Tensor, f: (i: number) => number) =>
    constant(
      array(
        Float64Array.from({ length: x.size }, (_, i) => f(i)),
        { shape: x.shape },
      ),
    );
  return {
    ...start,
    outWeight: filled(start.outWeight!, (i) => 0.9 * (-1) ** i * (i + 1)),
    inBias: filled(start.inBias!, (i) => 0.4 * i - 0.5),
    outBias: filled(start.outBias!, () => 1.2),
  };
}

const network = (estimator: Estimator): Network => ({
  layers: [{ estimator, axis: givenTheBit }],
  weights: [[[1]]],
  biases: [[0.4], [0.3]],
  loss: (y) => sum(exp(y), 1),
});

for (const coupling of ["tied", "independent"] as const)
  test(`relax, ${coupling}: unbiased whatever its net is, and the net matters`, () => {
    const estimator = relax({ hidden: 3, coupling });
    const [fresh, after] = [undefined, trained(estimator, 1)].map((state) =>
      expectedEstimate(network(estimator), [state]),
    );
    const truth = trueGradient(network(estimator))[0]![0]!;
    for (const { mean } of [fresh!, after!]) expect(mean[0]![0]).toBeCloseTo(truth, 8);
    expect(Math.abs(fresh!.square[0]![0]! - after!.square[0]![0]!)).toBeGreaterThan(0.1);
  });

test("relax: unbiased in front of another stochastic layer too, its net trained", () => {
  const estimator = relax({ hidden: 3 });
  const problem = stack(
    [
      { estimator, axis: givenTheBit },
      { ...companion, estimator: exact },
    ],
    [1, 2],
  );
  const [mean, truth] = [expectedEstimate(problem, [trained(estimator, 1)]).mean, trueGradient(problem)];
  mean.flat().forEach((x, i) => expect(x).toBeCloseTo(truth.flat()[i]!, 8));
});

test("relax: on (b − t)², t = 0.499, what it learns leaves a thousandth of its mean square, and the mean where it was", () => {
  const toy = (h: Tensor): Tensor => sum(square(h.sub(0.499)), 1);
  const estimator = relax({ rate: 0.02, netRate: 0.02, hidden: 8 });
  const state = learn(estimator, matrix(Array.from({ length: 50 }, () => [0.4])), toy, 200);
  const problem = { ...network(estimator), biases: [[0.4], [0]], loss: toy };
  const [fresh, after] = [undefined, state].map((given) => expectedEstimate(problem, [given]));
  expect(after!.mean[0]![0]).toBeCloseTo(trueGradient(problem)[0]![0]!, 9);
  expect(after!.square[0]![0]).toBeLessThan(1e-3 * fresh!.square[0]![0]!);
});

test("relax: the net's last layer moves against the slope of the mean square, by finite differences", () => {
  const estimator = relax({ hidden: 3 });
  const state = trained(estimator, 2);
  const outBias = (shift: number) => constant(array(state.outBias!.size ? 1.2 + shift : 0, { dtype: "float64" }));
  const run = (given: EstimatorState) => {
    const fixed: Estimator = { ...estimator, estimate: (a, k, rest) => estimator.estimate(a, k, rest, given) };
    return step(fixed, matrix(A), loss, { key: key() });
  };
  const squareAt = (shift: number) =>
    [...run({ ...state, outBias: outBias(shift) }).gradient.data].reduce((t, x) => t + x * x, 0);
  const slope = (squareAt(1e-5) - squareAt(-1e-5)) / 2e-5;
  expect(run(state).state["mean.outBias"]!.data[0]).toBeCloseTo(0.1 * slope, 6);
});

test("relax: its net starts at 0 but for the first layer, which the key decides", () => {
  const state = relax({ hidden: 4 }).init!(
    [2],
    replayKey({ uniform: [constant(array(new Float32Array(16).fill(0.75), { shape: [4, 4] }))] }),
  );
  expect(state.inWeight!.shape).toEqual([4, 4]);
  expect(state.inWeight!.data[5]).toBeCloseTo(0.25 * 2 * Math.sqrt(6 / 8), 6);
  expect([...state.outWeight!.data, ...state.outBias!.data]).toEqual([0, 0, 0, 0, 0]);
});
