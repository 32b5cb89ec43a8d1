import { expect, test } from "vitest";
import { matmul, sum, type Tensor, tanh } from "../graph/index.ts";
import { curvedLoss, expectedEstimate, matrix, type Network } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { key, replayKey } from "../random/index.ts";
import { cells, once } from "../statistics/quadrature.ts";
import { asIfDeterministic } from "./as-if-deterministic.ts";
import { sigmoidUnits } from "./sigmoid.ts";
import { straightThroughSlope } from "./straight-through-slope.ts";

const A = matrix([[0.3, -0.8], [1.9, 0.1]]); // biome-ignore format: one batch
const W = matrix([[0.9, -1.4, 0.5], [-0.6, 0.8, 1.7]]); // biome-ignore format: a matrix
const rest = (h: Tensor): Tensor => sum(tanh(matmul(h, W)), 1);

test("as-if-deterministic: gradients are the sigmoid network's, for the pre-activations and for the weights that read the units", () => {
  const [ours, smooth] = [asIfDeterministic, sigmoidUnits].map((e) => step(e, A, rest, { wrt: [W] }));
  expect(ours!.gradient).toEqual(smooth!.gradient);
  expect(ours!.others).toEqual(smooth!.others);
});

test("as-if-deterministic: the loss is the sample's", () => {
  const noise = () => replayKey({ uniform: [matrix([[0.1, 0.9], [0.95, 0.2]])] }); // biome-ignore format: one batch
  const { loss } = step(asIfDeterministic, A, (h) => sum(h.mul(matrix([[1, 10]])), 1), { key: noise() });
  expect([...loss.data]).toEqual([1, 10]);
});

test("as-if-deterministic and straight-through-slope are different readings: the weights are given p by one, the sample by the other", () => {
  const weights = (e: typeof asIfDeterministic) =>
    step(e, A, (h) => sum(matmul(h, W), 1), { key: key(3), wrt: [W] }).others[0]!.data;
  const [p, sample] = [weights(asIfDeterministic), weights(straightThroughSlope())];
  expect([...sample].every(Number.isInteger)).toBe(true);
  expect([...p].some(Number.isInteger)).toBe(false);
});

test("as-if-deterministic: two layers of it have the gradients of two sigmoid layers, without any variance", () => {
  const p = (a: number) => 1 / (1 + Math.exp(-a));
  const network = (estimator: typeof asIfDeterministic): Network => ({
    layers: [0, 1].map(() => ({ estimator, axis: (a) => (estimator.unit.stochastic ? cells([p(a)]) : once) })),
    weights: [
      [
        [1.1, -0.7],
        [-1.6, 0.4],
      ],
      [
        [0.9, -1.4],
        [-0.6, 0.8],
      ],
    ],
    biases: [
      [0.7, -1.2],
      [0.3, -0.5],
      [0.2, -0.3],
    ],
    loss: curvedLoss,
  });
  const [ours, smooth] = [expectedEstimate(network(asIfDeterministic)), expectedEstimate(network(sigmoidUnits))];
  smooth.mean.forEach((row, l) =>
    row.forEach((g, i) => {
      expect(ours.mean[l]![i]).toBeCloseTo(g, 12);
      expect(ours.square[l]![i]).toBeCloseTo(g ** 2, 12);
    }),
  );
  expect(Math.abs(ours.loss - smooth.loss)).toBeGreaterThan(1e-3);
});
