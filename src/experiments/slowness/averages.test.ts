import { describe, expect, it } from "vitest";
import { type Estimator, estimators } from "../../estimators/index.ts";
import { arange, mul, sum, type Tensor, tanh } from "../../graph/index.ts";
import { curvedLoss, expectedEstimate, matrix, type Network } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { key } from "../../random/index.ts";
import { cells } from "../../statistics/quadrature.ts";
import { averaged, expected } from "./averages.ts";

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
const network = (estimator: Estimator): Network => ({
  layers: [{ estimator, axis: (a) => cells([sigmoid(a)]) }],
  weights: [
    [
      [0.9, -1.4, 0.5],
      [-0.6, 0.8, 1.7],
    ],
  ],
  biases: [
    [0.7, -1.2],
    [0.2, -0.3, 0.1],
  ],
  loss: curvedLoss,
});
const one = expectedEstimate(network(estimators["straight-through-slope"]()));
const close = (received: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void =>
  received.forEach((row, l) => row.forEach((x, i) => expect(x).toBeCloseTo(wanted[l]![i]!, 11)));

describe("K = ∞", () => {
  it("is the mean of straight-through × σ′ over its noise, for the units and for what follows them", () => {
    const all = expectedEstimate(network(expected));
    close(all.mean, one.mean);
    expect(all.loss).toBeCloseTo(one.loss, 11);
  });

  it("has no noise", () => {
    const all = expectedEstimate(network(expected));
    close(
      all.square,
      all.mean.map((row) => row.map((x) => x ** 2)),
    );
  });

  it("refuses what it can't enumerate", () => {
    const wide = matrix([Array.from({ length: 13 }, () => 0)]);
    expect(() => step(expected, wide, (h) => sum(h, 1))).toThrow("at most 12 units, received 13");
  });
});

describe("the mean of K", () => {
  it("has the mean of one and a K-th of its variance", () => {
    const two = expectedEstimate(network(averaged(2)));
    close(two.mean, one.mean);
    const variance = ({ mean, square }: typeof one) => mean.map((row, l) => row.map((x, i) => square[l]![i]! - x ** 2));
    close(
      variance(two),
      variance(one).map((row) => row.map((x) => x / 2)),
    );
  });

  it("draws samples of their own", () => {
    const a = matrix([Array.from({ length: 20 }, () => 0.3)]);
    const loss = (h: Tensor): Tensor => sum(mul(h, arange(20, "float64")), 1);
    expect(step(averaged(2), a, loss).loss).not.toEqual(step(averaged(1), a, loss).loss);
  });

  it("of one is straight-through × σ′, bit for bit", () => {
    const a = matrix([
      [0.3, -0.8],
      [1.9, 0.1],
    ]);
    const loss = (h: Tensor): Tensor => sum(tanh(h), 1);
    const slope = estimators["straight-through-slope"]();
    for (const seed of [1, 2, 3])
      expect(step(averaged(1), a, loss, { key: key(seed) })).toEqual(step(slope, a, loss, { key: key(seed) }));
  });
});
