import { expect, test } from "vitest";
import { evaluate, exp, gradients, mean, mul, square, sum, type Tensor } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { initialState } from "../laws/initial-state.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { rebar } from "./rebar.ts";
import { scoreFunction } from "./score-function.ts";
import { learn } from "./testing/learned.ts";
import { givenTheBit } from "./testing/relaxed-noise.ts";

const A = [0.3, -0.8];
const U = [0.1, 0.9];
const V = [0.35, 0.6];
const key = () => replayKey({ uniform: [matrix([U]), matrix([V])] });
const loss = (h: Tensor): Tensor => sum(mul(exp(h), matrix([[2, -1.5]])), 1);
const f = (h: readonly number[]) => 2 * Math.exp(h[0]!) - 1.5 * Math.exp(h[1]!);

/** A step in double precision, with η and τ as they are and not rounded to the state's float32. */
const run = (eta: number, temperature: number, options: Parameters<typeof rebar>[0] = {}) => {
  const names = [
    "mean.eta",
    "square.eta",
    "mean.logTemperature",
    "square.logTemperature",
    "meanWeight",
    "squareWeight",
  ];
  const memory = Object.fromEntries(names.map((name) => [name, [0]]));
  const state = { eta: [eta], logTemperature: [Math.log(temperature)], ...memory };
  return step(rebar(options), matrix([A]), loss, { key: key(), state });
};

test("rebar: with η = 0 it is the score function, sample by sample", () => {
  for (const coupling of ["tied", "independent"] as const) {
    const { gradient } = step(rebar({ eta: 0, coupling }), matrix([A]), loss, { key: key() });
    const plain = step(scoreFunction, matrix([A]), loss, { key: key() }).gradient;
    plain.data.forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 13));
  }
});

/** The definition, with derivatives by central differences: the relaxation of `a`, noise u or v and the bit b held fixed. */
function definition(eta: number, tau: number, relaxation: "shifted" | "concrete", coupling: "tied" | "independent") {
  const p = A.map(sigmoid);
  const b = U.map((u, i) => Number(u < p[i]!));
  const v = coupling === "independent" ? V : U.map((u, i) => (b[i] ? u / p[i]! : (1 - u) / (1 - p[i]!)));
  const relaxed = (z: number, i: number) =>
    sigmoid(z / tau + (relaxation === "shifted" ? (A[i]! * tau) / (tau + 1) : 0));
  const noisy = (a: number, i: number) => a - Math.log(U[i]! / (1 - U[i]!));
  const given = (a: number, i: number) => {
    const within = b[i] ? v[i]! * sigmoid(a) : 1 - v[i]! * sigmoid(-a);
    return a - Math.log(within / (1 - within));
  };
  const derivative = (z: (a: number, i: number) => number, i: number) => {
    const at = (a: number) => A.map((x, j) => relaxed(z(j === i ? a : x, j), j));
    return (f(at(A[i]! + 1e-5)) - f(at(A[i]! - 1e-5))) / 2e-5;
  };
  const value = f(A.map((a, i) => relaxed(given(a, i), i)));
  return A.map((_, i) => (f(b) - eta * value) * (b[i]! - p[i]!) + eta * (derivative(noisy, i) - derivative(given, i)));
}

for (const coupling of ["tied", "independent"] as const)
  for (const relaxation of ["shifted", "concrete"] as const)
    test(`rebar, ${coupling}, ${relaxation}: (f(b) − ηf(s̃))(b − p) + η ∂/∂a (f(s) − f(s̃))`, () => {
      const { gradient } = run(0.7, 0.6, { relaxation, coupling });
      definition(0.7, 0.6, relaxation, coupling).forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 8));
    });

test("rebar: as τ grows the shifted relaxation is read at p, where the control is a constant baseline f(p)", () => {
  const { gradient } = step(rebar({ temperature: 1e8 }), matrix([A]), loss, { key: key() });
  const p = A.map(sigmoid);
  [1, 0].forEach((b, i) => {
    expect(gradient.data[i]).toBeCloseTo((f([1, 0]) - f(p)) * (b - p[i]!), 5);
  });
});

const network = (estimator: Network["layers"][number]["estimator"]): Network => ({
  layers: [{ estimator, axis: givenTheBit }],
  weights: [[[1]]],
  biases: [[0.4], [0.3]],
  loss: (y) => sum(exp(y), 1),
});

test("rebar: unbiased whatever η and τ are, and with less mean square than the score function", () => {
  const plain = expectedEstimate(network(scoreFunction)).square[0]![0]!;
  for (const [eta, temperature] of [
    [1, 0.5],
    [-0.8, 1.5],
    [1.7, 3],
  ] as const) {
    // biome-ignore format: pairs
    const estimator = rebar({ eta, temperature });
    const { mean, square: second } = expectedEstimate(network(estimator));
    expect(mean[0]![0]).toBeCloseTo(trueGradient(network(estimator))[0]![0]!, 9);
    if (eta === 1) expect(second[0]![0]).toBeLessThan(0.5 * plain);
  }
});

test("rebar: η and log τ move against the slope of the mean square, which is that of finite differences", () => {
  const squareAt = (eta: number, temperature: number) => {
    const { data } = run(eta, temperature).gradient;
    return data[0]! ** 2 + data[1]! ** 2;
  };
  const { state } = run(0.7, 0.6);
  const e = 1e-5;
  const slopes = {
    eta: (squareAt(0.7 + e, 0.6) - squareAt(0.7 - e, 0.6)) / (2 * e),
    logTemperature: (squareAt(0.7, 0.6 * Math.exp(e)) - squareAt(0.7, 0.6 * Math.exp(-e))) / (2 * e),
  };
  // Adam's mean keeps a tenth of the first gradient, and its first step has the rate's size.
  expect(state["mean.eta"]!.data[0]).toBeCloseTo(0.1 * slopes.eta, 6);
  expect(state["mean.logTemperature"]!.data[0]).toBeCloseTo(0.1 * slopes.logTemperature, 6);
  expect(state.eta!.data[0]).toBeCloseTo(0.7 - 0.001 * Math.sign(slopes.eta), 6);
  expect(state.logTemperature!.data[0]).toBeCloseTo(Math.log(0.6) - 0.001 * Math.sign(slopes.logTemperature), 6);
});

test("rebar: a rate of 0 leaves what it is for as it was", () => {
  const { state } = step(rebar({ temperatureRate: 0 }), matrix([A]), loss, { key: key() });
  expect(state.logTemperature!.data[0]).toBeCloseTo(Math.log(0.5), 7);
  expect(state.eta!.data[0]).not.toBe(1);
});

test("rebar: η and τ are learned from the step that used them, and no gradient reaches them through the loss", () => {
  const estimator = rebar();
  const [a, state] = [matrix([A]), initialState(estimator, 2)];
  const { loss: value } = estimator.estimate(a, key(), loss, state);
  for (const g of evaluate(gradients(mean(square(value)), [state.eta!, state.logTemperature!])))
    expect(g.data[0]).toBe(0);
});

test("rebar: on (b − t)² what it learns takes a third off its mean square, and leaves the mean where it was", () => {
  const toy = (h: Tensor): Tensor => sum(square(h.sub(0.499)), 1);
  const estimator = rebar({ rate: 0.02, temperatureRate: 0.02 });
  const state = learn(estimator, matrix(Array.from({ length: 50 }, () => [0.4])), toy, 150);
  const problem = { ...network(estimator), biases: [[0.4], [0]], loss: toy };
  const [fresh, after] = [undefined, state].map((given) => expectedEstimate(problem, [given]));
  expect(after!.mean[0]![0]).toBeCloseTo(trueGradient(problem)[0]![0]!, 9);
  expect(after!.square[0]![0]).toBeLessThan(0.7 * fresh!.square[0]![0]!);
});
