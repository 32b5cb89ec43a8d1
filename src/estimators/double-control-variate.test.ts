import { expect, test } from "vitest";
import { exp, matmul, mul, square, sum, type Tensor } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { checkEstimator } from "../laws/index.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { mean } from "../statistics/sample.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { doubleControlVariate } from "./double-control-variate.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { learn } from "./testing/learned.ts";

const axis = (a: number) => cells([sigmoid(a)]);
const key = () => replayKey({ uniform: [[0.1, 0.9], [0.7, 0.2], [0.5, 0.05]].map((u) => matrix([u])) }); // biome-ignore format: three draws
const A = [0.3, -0.8];
const B = [[1, 0], [0, 1], [1, 1]]; // biome-ignore format: three samples
const loss = (h: Tensor): Tensor => sum(square(mul(h, matrix([[2, -3]])).add(1)), 1);

test("double-control-variate: with α = 0 it is leave-one-out", () => {
  const plain = step(leaveOneOut({ samples: 3 }), matrix([A]), loss, { key: key() }).gradient;
  const { gradient } = step(doubleControlVariate({ samples: 3 }), matrix([A]), loss, { key: key() });
  plain.data.forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 12));
});

test("double-control-variate: leave-one-out of f + αḡ₋ₖᵀ(b − p), less αḡp(1 − p)", () => {
  const alpha = -0.625;
  const p = A.map(sigmoid);
  const f = B.map(([x, y]) => (2 * x! + 1) ** 2 + (1 - 3 * y!) ** 2);
  const g = B.map(([x, y]) => [4 * (2 * x! + 1), -6 * (1 - 3 * y!)]);
  const levelled = B.map((b, k) => {
    const others = [0, 1].map((i) => mean(g.filter((_, j) => j !== k).map((row) => row[i]!)));
    return f[k]! + alpha * others.reduce((t, x, i) => t + x * (b[i]! - p[i]!), 0);
  });
  const { gradient } = step(doubleControlVariate({ samples: 3, alpha }), matrix([A]), loss, { key: key() });
  [0, 1].forEach((i) => {
    const scores = B.map((b, k) => (levelled[k]! - mean(levelled.filter((_, j) => j !== k))) * (b[i]! - p[i]!));
    const wanted = mean(scores) - alpha * mean(g.map((row) => row[i]!)) * p[i]! * (1 - p[i]!);
    expect(gradient.data[i]).toBeCloseTo(wanted, 11);
  });
});

test("double-control-variate: obeys the laws, unbiased in stacks too, for α that is not 0", () => {
  for (const live of ["one", "all"] as const) {
    const laws = { samples: 2, live, noise: axis };
    const verdicts = checkEstimator(doubleControlVariate({ alpha: -0.8, live }), laws);
    expect(verdicts.filter(({ verdict }) => verdict === "broken")).toEqual([]);
  }
});

test("double-control-variate: with α = −1 less variance than leave-one-out where the loss is nearly linear", () => {
  const network = (estimator: Network["layers"][number]["estimator"]): Network => ({
    layers: [{ estimator, axis }],
    weights: [[[0.3], [-0.2]]],
    biases: [A, [0.1]],
    loss: (y) => sum(exp(y), 1),
  });
  const variance = (n: Network) => {
    const { mean, square: second } = expectedEstimate(n);
    mean[0]!.forEach((x, i) => expect(x).toBeCloseTo(trueGradient(n)[0]![i]!, 9));
    return second[0]!.reduce((t, x, i) => t + x - mean[0]![i]! ** 2, 0);
  };
  const [levelled, plain] = [doubleControlVariate({ alpha: -1 }), leaveOneOut({ samples: 2 })].map((e) =>
    variance(network(e)),
  );
  expect(levelled!).toBeLessThan(0.1 * plain!);
});

test("double-control-variate: α moves against the slope of the mean square, which is quadratic in it", () => {
  const at = (alpha: number) => step(doubleControlVariate({ samples: 3, alpha }), matrix([A]), loss, { key: key() });
  const squareAt = (alpha: number) => [...at(alpha).gradient.data].reduce((t, x) => t + x * x, 0);
  const slope = (squareAt(0.5) - squareAt(0)) / 0.5;
  expect(at(0.25).state["mean.alpha"]!.data[0]).toBeCloseTo(0.1 * slope, 9);
  expect(at(0.25).state.alpha!.data[0]).toBeCloseTo(0.25 - 0.001 * Math.sign(slope), 6);
});

test("double-control-variate: what it learns of α leaves less than a third of the variance of leave-one-out", () => {
  const [a, weights] = [[0.3, -0.8, 1.1], [[0.8], [-0.5], [0.6]]]; // biome-ignore format: one problem
  const estimator = doubleControlVariate({ rate: 0.02 });
  const curved = (y: Tensor): Tensor => sum(exp(y), 1);
  const rest = (h: Tensor): Tensor => curved(matmul(h, matrix(weights)));
  const state = learn(estimator, matrix(Array.from({ length: 20 }, () => a)), rest, 200);
  const problem: Network = {
    layers: [{ estimator, axis: (x) => cells([sigmoid(x)]) }],
    weights: [weights],
    biases: [a, [0]],
    loss: curved,
  };
  const truth = trueGradient(problem)[0]!;
  const [fresh, after] = [undefined, state].map((given) => {
    const { mean, square: second } = expectedEstimate(problem, [given]);
    mean[0]!.forEach((x, i) => expect(x).toBeCloseTo(truth[i]!, 9));
    return second[0]!.reduce((t, x, i) => t + x - truth[i]! ** 2, 0);
  });
  expect(after!).toBeLessThan(0.33 * fresh!);
});
