import { expect, test } from "vitest";
import { square, sum } from "../graph/index.ts";
import { expectedEstimate, matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { logistic } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { straightThroughGumbel } from "./straight-through-gumbel.ts";

test("straight-through-gumbel: outputs the bit, and the gradient is ∂L/∂h z(1 − z)/τ with z of the same draw", () => {
  const [A, U] = [
    [0.3, -0.8, 1.9],
    [0.1, 0.9, 0.8],
  ];
  const key = replayKey({ uniform: [matrix([U!])] });
  const estimator = straightThroughGumbel({ temperature: 0.7 });
  const { loss, gradient } = step(estimator, matrix([A!]), (h) => sum(square(h.add(1)), 1), { key });
  expect(loss.data[0]).toBe(4 + 1 + 4);
  [1, 0, 1].forEach((b, i) => {
    const z = sigmoid((A![i]! - Math.log(U![i]! / (1 - U![i]!))) / 0.7);
    expect(gradient.data[i]).toBeCloseTo((2 * (b + 1) * z * (1 - z)) / 0.7, 13);
  });
});

test("straight-through-gumbel: biased even for a linear loss: at a = 0 and τ = 1 its mean is 1/6 and not σ(0)(1 − σ(0)) = 1/4", () => {
  const network = {
    layers: [{ estimator: straightThroughGumbel({ temperature: 1 }), axis: (a: number) => logistic([a]) }],
    weights: [[[1]]],
    biases: [[0], [0]],
    loss: (y: Parameters<typeof sum>[0]) => sum(y, 1),
  };
  // z is uniform on (0, 1) at a = 0: ∫ z(1 − z) = 1/6
  expect(expectedEstimate(network).mean[0]![0]).toBeCloseTo(1 / 6, 10);
});
