import { expect, test } from "vitest";
import { array, constant, matmul, sum, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { replayKey } from "../../random/index.ts";
import { categoricalLeaveOneOut } from "./leave-one-out.ts";
import { categoricalScoreFunction } from "./score-function.ts";
import { curvedLoss, expectedEstimate, outcomes } from "./testing/enumeration.ts";

const classOf = (c: number) => outcomes(3, 3)[c]!.uniforms;
/** Samples of classes 0, 1 and 0, and the losses 5, 2 and 5. */
const draws = () => replayKey({ uniform: [0, 1, 0].map((c) => matrix([classOf(c)])) });
const a = matrix([[Math.log(2), 0, Math.log(3)]]); // probabilities 1/3, 1/6, 1/2

const run = (live: "one" | "all") => {
  const w = constant(array([[5], [2], [7]], { dtype: "float64" }));
  const rest = (h: Tensor) => sum(matmul(h, w), 1);
  return step(categoricalLeaveOneOut({ classes: 3, samples: 3, live }), a, rest, { key: draws(), wrt: [w] });
};

test("categorical-leave-one-out: classes 0, 1, 0 with the losses 5, 2, 5 give Σ (L − 4)(h − p)/2", () => {
  const { loss, gradient } = run("one");
  expect(loss.data[0]).toBe(5);
  [1, -1, 0].forEach((g, i) => expect(gradient.data[i]).toBeCloseTo(g, 14));
});

test("categorical-leave-one-out: `live` all has the mean loss as its value, and all samples train the rest", () => {
  const [one, all] = [run("one"), run("all")];
  expect([...one.others[0]!.data]).toEqual([1, 0, 0]);
  expect(all.loss.data[0]).toBeCloseTo(4, 14);
  [2 / 3, 1 / 3, 0].forEach((x, i) => expect(all.others[0]!.data[i]).toBeCloseTo(x, 14));
  expect(all.gradient).toEqual(one.gradient);
});

test("categorical-leave-one-out: samples have noise of their own, without which nothing would be learnt", () => {
  const weights = matrix([[5], [2], [7]]);
  const wide = matrix(Array.from({ length: 20 }, () => [0.1, 0.2, 0.3]));
  const { gradient } = step(categoricalLeaveOneOut({ classes: 3, samples: 2 }), wide, (h) =>
    sum(matmul(h, weights), 1),
  );
  expect(gradient.data.some((g) => g !== 0)).toBe(true);
});

test("categorical-leave-one-out: less variance for the same number of passes than a mean of score functions", () => {
  const weights = [[0.9, -1.4], [-0.6, 0.8], [0.3, 1.1]]; // biome-ignore format: a table
  const network = {
    weights: [weights],
    biases: [
      [0.3, -0.8, 0.5],
      [0.2, -0.3],
    ],
    loss: curvedLoss,
  };
  const variances = [categoricalLeaveOneOut({ classes: 3, samples: 2 }), categoricalScoreFunction({ classes: 3 })].map(
    (estimator, k) => {
      const { mean, square } = expectedEstimate({ ...network, layers: [{ estimator, classes: 3, samples: 2 - k }] });
      return square[0]!.reduce((t, x, i) => t + x - mean[0]![i]! ** 2, 0);
    },
  );
  expect(variances[0]).toBeLessThan(variances[1]! / 2);
});
