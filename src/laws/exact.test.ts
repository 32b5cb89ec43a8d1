/** The instruments themselves, against sums and integrals that are known. */
import { expect, test } from "vitest";
import { noisyRectifier } from "../estimators/noisy-rectifier.ts";
import { straightThrough } from "../estimators/straight-through.ts";
import { sum } from "../graph/index.ts";
import { type Axis, cells, gaussian, logistic } from "./axis.ts";
import { curvedLoss, expectedLosses, type Network, trueGradient } from "./exact.ts";

const integral = ({ nodes, weights }: Axis, f: (x: number) => number): number =>
  nodes.reduce((total, x, i) => total + weights[i]! * f(x), 0);
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

test("gaussian: moments 1, 0, 1, 0, 3 and the mean of a rectifier whose kink is named", () => {
  [1, 0, 1, 0, 3].forEach((m, k) => expect(integral(gaussian([0.3]), (z) => z ** k)).toBeCloseTo(m, 12));
  expect(integral(gaussian([-1]), (z) => Math.max(0, 1 + z))).toBeCloseTo(1.0833154705876864, 12);
});

test("logistic: mass 1, mean 0, variance π²/3, and softplus as the mean of a rectifier", () => {
  const logit = (u: number) => Math.log(u) - Math.log(1 - u);
  [1, 0, Math.PI ** 2 / 3].forEach((m, k) => expect(integral(logistic([]), (u) => logit(u) ** k)).toBeCloseTo(m, 10));
  expect(integral(logistic([-0.7]), (u) => Math.max(0, 0.7 + logit(u)))).toBeCloseTo(Math.log1p(Math.exp(0.7)), 11);
});

test("cells: exact for a threshold that is a cut", () => {
  expect(integral(cells([0.3, 0.9]), (u) => (u < 0.3 ? 5 : 2))).toBeCloseTo(0.3 * 5 + 0.7 * 2, 14);
});

const network: Network = {
  layers: [{ estimator: straightThrough, axis: (a) => cells([sigmoid(a)]) }],
  weights: [
    [
      [0.9, -1.4],
      [-0.6, 0.8],
    ],
  ],
  biases: [
    [0.7, -1.2],
    [0.2, -0.3],
  ],
  loss: curvedLoss,
};

test("expectedLosses and trueGradient: Σ_b L(b) P(b) and Σ_b L(b) P(b) (b − p), written out", () => {
  const p = network.biases[0]!.map(sigmoid);
  let expected = 0;
  const gradient = [0, 0];
  for (const b of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    const y = [0, 1].map(
      (j) => network.biases[1]![j]! + b[0]! * network.weights[0]![0]![j]! + b[1]! * network.weights[0]![1]![j]!,
    );
    const term =
      (0.8 + 1.3 * Math.tanh(y[0]!) - 0.7 * Math.tanh(y[1]!)) *
      b.reduce((q, bit, i) => q * (bit ? p[i]! : 1 - p[i]!), 1);
    expected += term;
    gradient.forEach((_, i) => (gradient[i]! += term * (b[i]! - p[i]!)));
  }
  expect(expectedLosses(network, [network.biases])[0]).toBeCloseTo(expected, 14);
  gradient.forEach((g, i) => expect(Math.abs(trueGradient(network)[0]![i]! - g)).toBeLessThan(1e-10));
});

test("trueGradient: d/da E[max(0, a + z)] = Φ(a)", () => {
  const layer = { estimator: noisyRectifier(), axis: (a: number) => gaussian([-a]) };
  const single: Network = { layers: [layer], weights: [[[1]]], biases: [[1], [0]], loss: (y) => sum(y, 1) };
  expect(trueGradient(single)[0]![0]).toBeCloseTo(0.8413447460685429, 10);
});
