import { expect, test } from "vitest";
import { mul, square, sum } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import type { Estimator } from "./estimator.ts";
import { muprop } from "./muprop.ts";
import { scoreFunction } from "./score-function.ts";

const A = [0.3, -0.8];
const P = A.map(sigmoid);
/** P(on) of a unit with bias 0.2 behind every pattern of the two units before it. */
const BEHIND = [0.2, 0.8, -0.2, 0.4].map(sigmoid);
const key = () => replayKey({ uniform: [matrix([[0.1, 0.2]])] }); // on, on: σ(−0.8) = 0.31

test("muprop: (L(b) − L(p) − L′(p)ᵀ(b − p))(b − p) + L′(p) p(1 − p) for Σ(h + 1)²", () => {
  const { loss, gradient } = step(muprop(), matrix([A]), (h) => sum(square(h.add(1)), 1), { key: key() });
  expect(loss.data[0]).toBe(8);
  // What is left of a square beyond its tangent is (b − p)².
  const left = P.reduce((t, p) => t + (1 - p) ** 2, 0);
  P.forEach((p, i) => expect(gradient.data[i]).toBeCloseTo(left * (1 - p) + 2 * (p + 1) * p * (1 - p), 12));
});

const network = (estimator: Estimator, bend: number): Network => ({
  layers: [{ estimator, axis: (a) => cells([sigmoid(a)]) }],
  weights: [[[1], [-2]]],
  biases: [A, [0.5]],
  loss: (y) => sum(y.add(mul(square(y), bend)), 1),
});
const variance = (n: Network): number => {
  const { mean, square: second } = expectedEstimate(n);
  return second[0]!.reduce((t, x, i) => t + x - mean[0]![i]! ** 2, 0);
};

test("muprop: no variance at all where the loss is linear in the units", () => {
  const linear = network(muprop(), 0);
  expect(variance(linear)).toBeLessThan(1e-14);
  const [mean, truth] = [expectedEstimate(linear).mean[0]!, trueGradient(linear)[0]!];
  mean.forEach((x, i) => expect(x).toBeCloseTo(truth[i]!, 9));
});

test("muprop: less variance than the score function where the loss is nearly linear", () => {
  expect(variance(network(muprop(), 0.1))).toBeLessThan(0.1 * variance(network(scoreFunction, 0.1)));
});

test("muprop: in a stack the expansion is that of the later layers' means, or of their bits", () => {
  // One bit behind them is the whole loss: with the same noise in both passes it cancels, beside a mean it doesn't.
  const stack = (later: "mean" | "sample"): Network => ({
    layers: [
      { estimator: muprop({ later }), axis: (a) => cells([sigmoid(a)]) },
      {
        estimator: scoreFunction,
        axis: (a) => cells([sigmoid(a), sigmoid(0.2 + 0.6 * P[0]! - 0.4 * P[1]!), ...BEHIND]),
      },
    ],
    weights: [[[0.6], [-0.4]], [[1]]],
    biases: [A, [0.2], [0]],
    loss: (y) => sum(y, 1),
  });
  const [mean, sample] = (["mean", "sample"] as const).map((later) => stack(later));
  const truth = trueGradient(mean!)[0]!;
  for (const network of [mean!, sample!])
    expectedEstimate(network).mean[0]!.forEach((x, i) => expect(x).toBeCloseTo(truth[i]!, 9));
  expect(variance(sample!)).toBeLessThan(0.5 * variance(mean!));
});
