import { expect, test } from "vitest";
import { exp, sum, type Tensor } from "../graph/index.ts";
import type { Draw } from "../laws/draws.ts";
import { expectedEstimate, matrix, type Network } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells, logistic } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { gumbelRao } from "./gumbel-rao.ts";
import { straightThroughGumbel } from "./straight-through-gumbel.ts";

/** The draw that decides the bit is a threshold; that of the noise given the bit is smooth. */
const axis = (a: number, { index }: Draw) => (index === 0 ? cells([sigmoid(a)]) : logistic([], 4));
const network = (layer: Network["layers"][number], a: number): Network => ({
  layers: [layer],
  weights: [[[1]]],
  biases: [[a], [0]],
  loss: (y) => sum(exp(y), 1),
});

test("gumbel-rao: its mean is exactly that of straight-through Gumbel-softmax, with less mean square", () => {
  for (const a of [-1.7, 0.2, 2.5]) {
    const temperature = 0.6;
    const rao = expectedEstimate(network({ estimator: gumbelRao({ samples: 1, temperature }), axis }, a));
    const two = expectedEstimate(network({ estimator: gumbelRao({ samples: 2, temperature }), axis }, a));
    const plain = expectedEstimate(
      network({ estimator: straightThroughGumbel({ temperature }), axis: (x) => logistic([x]) }, a),
    );
    for (const { mean } of [rao, two]) expect(mean[0]![0]).toBeCloseTo(plain.mean[0]![0]!, 9);
    // One draw given the bit is as good as the draw itself; two average.
    expect(rao.square[0]![0]).toBeCloseTo(plain.square[0]![0]!, 9);
    expect(two.square[0]![0]).toBeLessThan(0.99 * plain.square[0]![0]!);
  }
});

test("gumbel-rao: the slope is the mean over the draws of z(1 − z)/τ, z = softplus(a + log(1 − v)) − log v where the bit is 1", () => {
  const [a, temperature] = [0.4, 0.8];
  const slope = (v: number): [logits: number, total: number] => {
    const z = sigmoid((Math.log1p((1 - v) * Math.exp(a)) - Math.log(v)) / temperature);
    const inner = (1 - v) * Math.exp(a);
    return [(z * (1 - z)) / temperature, ((z * (1 - z)) / temperature) * (inner / (1 + inner))];
  };
  const key = () => replayKey({ uniform: [0.3, 0.25, 0.6].map((u) => matrix([[u]])) });
  const gradient = (derivative: "logits" | "total") => {
    const estimator = gumbelRao({ samples: 2, temperature, derivative });
    return step(estimator, matrix([[a]]), (h: Tensor) => sum(h.mul(3), 1), { key: key() }).gradient.data[0];
  };
  expect(gradient("logits")).toBeCloseTo((3 * (slope(0.25)[0] + slope(0.6)[0])) / 2, 13);
  expect(gradient("total")).toBeCloseTo((3 * (slope(0.25)[1] + slope(0.6)[1])) / 2, 13);
});
