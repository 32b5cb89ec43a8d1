/** The instruments themselves, against sums and integrals that are known. */

import { expect, test } from "vitest";
import { noisyRectifier } from "../estimators/noisy-rectifier.ts";
import { straightThrough } from "../estimators/straight-through.ts";
import { sum } from "../graph/index.ts";
import { cells, gaussian } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { curvedLoss, expectedLosses, type Network, trueGradient } from "./exact.ts";

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
