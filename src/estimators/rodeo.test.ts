import { expect, test } from "vitest";
import { evaluate, exp, matmul, mul, square, sum, type Tensor } from "../graph/index.ts";
import { expectedEstimate, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { checkEstimator } from "../laws/index.ts";
import { initialState } from "../laws/initial-state.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { mean } from "../statistics/sample.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import type { Estimator } from "./estimator.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { rodeo } from "./rodeo.ts";
import { learn } from "./testing/learned.ts";

const key = () => replayKey({ uniform: [[0.1, 0.9], [0.7, 0.2], [0.5, 0.05]].map((u) => matrix([u])) }); // biome-ignore format: three draws
const A = [0.3, -0.8];
const B = [[1, 0], [0, 1], [1, 1]]; // biome-ignore format: three samples
const loss = (h: Tensor): Tensor => sum(square(mul(h, matrix([[2, -3]])).add(1)), 1);

test("rodeo: with α = β = 0 it is leave-one-out", () => {
  const plain = step(leaveOneOut({ samples: 3 }), matrix([A]), loss, { key: key() }).gradient;
  const { gradient } = step(rodeo({ samples: 3 }), matrix([A]), loss, { key: key() });
  plain.data.forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 12));
});

test("rodeo: obeys the laws, unbiased in stacks too, for weights that are not 0", () => {
  for (const live of ["one", "all"] as const) {
    const estimator = rodeo({ alpha: -0.8, beta: 0.7, hidden: 3, live });
    const laws = { samples: 2, live, noise: (a: number) => cells([sigmoid(a)]) };
    const verdicts = checkEstimator(estimator, laws);
    expect(verdicts.filter(({ verdict }) => verdict === "broken")).toEqual([]);
  }
});

test("rodeo: (1/K) Σ_k [(L_k − mean of the others' L_j + α(Ah_j)(b_j))(b_k − p) + β(A h̃_k)(b_k)], computed by flipping bits", () => {
  const [alpha, beta] = [-0.75, 0.625];
  const estimator: Estimator = rodeo({ samples: 3, alpha, beta, hidden: 3 });
  const net = Object.fromEntries(
    Object.entries(initialState(estimator, 2)).map(([name, x]) => [name, [...evaluate([x])[0]!.data]]),
  );
  const p = A.map(sigmoid);
  const f = B.map(([x, y]) => (2 * x! + 1) ** 2 + (1 - 3 * y!) ** 2);
  const g = B.map(([x, y]) => [4 * (2 * x! + 1), -6 * (1 - 3 * y!)]);
  const others = (k: number) => [0, 1, 2].filter((j) => j !== k);
  /** Output o of the net for sample k's function at b, averaged over the other samples. */
  const h = (k: number, o: number, b: readonly number[]) =>
    mean(
      others(k).map((j) => {
        const linear = g[j]!.reduce((t, x, i) => t + x * (b[i]! - B[j]![i]!), 0);
        return [0, 1, 2].reduce((t, n) => {
          const s = linear * net.inWeight![n]! + f[j]! * net.inWeight![3 + n]! + net.inBias![n]!;
          return t + Math.max(s, 0.3 * s) * net.outWeight![2 * n + o]!;
        }, net.outBias![o]!);
      }),
    );
  const flip = (b: readonly number[], i: number) => b.map((x, j) => (j === i ? 1 - x : x));
  const operator = (of: (b: readonly number[]) => number, b: readonly number[]) =>
    mean(b.map((x, i) => (x ? 1 - p[i]! : p[i]!) * (of(flip(b, i)) - of(b))));
  const levelled = B.map((b, k) => f[k]! + alpha * operator((x) => h(k, 0, x), b));
  const { gradient } = step(estimator, matrix([A]), loss, { key: key() });
  [0, 1].forEach((i) => {
    const wanted = mean(
      B.map((b, k) => {
        const baseline = mean(others(k).map((j) => levelled[j]!));
        return (f[k]! - baseline) * (b[i]! - p[i]!) + beta * operator((x) => h(k, 1, x) * (x[i]! - p[i]!), b);
      }),
    );
    expect(gradient.data[i]).toBeCloseTo(wanted, 9);
  });
});

test("rodeo: α, β and the net move against the slope of the mean square", () => {
  const at = (alpha: number, beta: number) =>
    step(rodeo({ samples: 3, alpha, beta, hidden: 3 }), matrix([A]), loss, { key: key() });
  const squareAt = (alpha: number, beta: number) => [...at(alpha, beta).gradient.data].reduce((t, x) => t + x * x, 0);
  const { state } = at(0.25, -0.125);
  const close = (name: string, slope: number) =>
    expect(state[`mean.${name}`]!.data[0]! / (0.1 * slope)).toBeCloseTo(1, 9);
  // The mean square is quadratic in both: these differences are exact.
  close("alpha", (squareAt(0.5, -0.125) - squareAt(0, -0.125)) / 0.5);
  close("beta", (squareAt(0.25, 0.125) - squareAt(0.25, -0.375)) / 0.5);
  for (const name of ["inWeight", "inBias", "outWeight"]) {
    expect(
      state[`mean.${name}`]!.data.some((x) => x !== 0),
      name,
    ).toBe(true);
  }
});

test("rodeo: what it learns leaves less than a third of the variance of leave-one-out", () => {
  const [a, weights] = [[0.3, -0.8, 1.1], [[0.8], [-0.5], [0.6]]]; // biome-ignore format: one problem
  const estimator = rodeo({ rate: 0.02, netRate: 0.02, hidden: 6 });
  const curved = (y: Tensor): Tensor => sum(exp(y), 1);
  const rest = (h: Tensor): Tensor => curved(matmul(h, matrix(weights)));
  const state = learn(estimator, matrix(Array.from({ length: 20 }, () => a)), rest, 80);
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
