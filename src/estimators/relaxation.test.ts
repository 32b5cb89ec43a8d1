import { expect, test } from "vitest";
import { array, constant, type DType, evaluate, gradients, sum, type Tensor, tanh } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { replayKey } from "../random/index.ts";
import { logistic } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { drawBits, noisyLogit, noisyLogitGiven, relaxedControl, withControl } from "./relaxation.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const column = (x: readonly number[]) => matrix(x.map((y) => [y]));
const POINTS = [-2.3, -0.4, 0, 1.7];
const nodes = logistic(POINTS);
/** ∫ f over one uniform draw. */
const integral = (f: readonly number[]) => f.reduce((t, y, i) => t + y * nodes.weights[i]!, 0);

test("noisyLogit: a − log u + log(1 − u), above 0 exactly where u < σ(a)", () => {
  expect(numbers(noisyLogit(matrix([[1, 1, -2]]), matrix([[0.5, 0.8, 0.1]])))[1]).toBeCloseTo(1 - Math.log(4), 14);
  for (const a of POINTS) {
    const z = numbers(noisyLogit(column(nodes.nodes.map(() => a)), column(nodes.nodes)));
    z.forEach((x, i) => expect(x > 0).toBe(nodes.nodes[i]! < sigmoid(a)));
  }
});

test("drawBits: the bits of the layer's first draw", () => {
  const { u, p, b } = drawBits(matrix([[0, 0, 1]]), replayKey({ uniform: [matrix([[0.49, 0.5, 0.73]])] }));
  expect([numbers(u), numbers(b)]).toEqual([
    [0.49, 0.5, 0.73],
    [1, 0, 1],
  ]);
  expect(numbers(p)[2]).toBeCloseTo(sigmoid(1), 14);
});

test("noisyLogitGiven: is on its bit's side of 0, and over both bits has the noise's own distribution", () => {
  const means = (z: readonly number[]) => [integral(z.map(Math.tanh)), integral(z.map((x) => 1 / (1 + x * x)))];
  const v = column(nodes.nodes);
  for (const a of POINTS) {
    const at = column(nodes.nodes.map(() => a));
    const of = (bit: number) => numbers(noisyLogitGiven(at, column(nodes.nodes.map(() => bit)), v).z);
    const [off, on] = [of(0), of(1)];
    expect(Math.max(...off)).toBeLessThanOrEqual(0);
    expect(Math.min(...on)).toBeGreaterThanOrEqual(0);
    const [lower, upper, all] = [means(off), means(on), means(numbers(noisyLogit(at, v)))];
    all.forEach((x, i) => expect(sigmoid(a) * upper[i]! + sigmoid(-a) * lower[i]!).toBeCloseTo(x, 9));
  }
});

test("noisyLogitGiven: `slope` is the derivative of z with respect to a", () => {
  const [a, b, v] = [matrix([[-1.3, 0.2, 2.5, 0.4]]), matrix([[1, 0, 1, 0]]), matrix([[0.2, 0.9, 0.6, 0.03]])];
  const { z, slope } = noisyLogitGiven(a, b, v);
  const [derivative, said] = [numbers(gradients(sum(z), [a])[0]!), numbers(slope)];
  derivative.forEach((x, i) => expect(said[i]).toBeCloseTo(x, 13));
});

const c = (z: Tensor): Tensor => sum(tanh(z.mul(0.7).add(0.4)).mul(1.3), 1);

test("relaxedControl: tied and independent agree where the independent draw is the one that is tied", () => {
  const [a, u] = [matrix([[-0.8, 0.3, 1.9]]), matrix([[0.2, 0.7, 0.6]])];
  const drawn = drawBits(a, replayKey({ uniform: [u] }));
  // v = u/p where b = 1, (1 − u)/(1 − p) where b = 0
  const v = numbers(a).map((x, i) => {
    const [p, noise] = [sigmoid(x), numbers(u)[i]!];
    return noise < p ? noise / p : (1 - noise) / (1 - p);
  });
  const tied = relaxedControl(a, replayKey({}), drawn, "tied", c);
  const drawnAgain = relaxedControl(a, replayKey({ uniform: [matrix([v])] }), drawn, "independent", c);
  expect(numbers(tied.value)[0]).toBeCloseTo(numbers(drawnAgain.value)[0]!, 13);
  numbers(tied.gradient).forEach((x, i) => expect(x).toBeCloseTo(numbers(drawnAgain.gradient)[i]!, 12));
});

test("relaxedControl: independent, its value is that of the noise given the bit, from a draw after the first", () => {
  const [a, v] = [matrix([[-0.8, 0.3, 1.9]]), matrix([[0.5, 0.15, 0.9]])];
  const key = replayKey({ uniform: [matrix([[0.2, 0.7, 0.6]]), v] });
  const drawn = drawBits(a, key);
  const { value } = relaxedControl(a, key, drawn, "independent", c);
  expect(numbers(value)).toEqual(numbers(c(noisyLogitGiven(a, drawn.b, v).z)));
});

test("relaxedControl: its gradient has the mean of value·(b − p), for any function of the noise", () => {
  for (const point of POINTS) {
    const a = column(nodes.nodes.map(() => point));
    const drawn = drawBits(a, replayKey({ uniform: [column(nodes.nodes)] }));
    const { value, gradient } = relaxedControl(a, replayKey({}), drawn, "tied", c);
    const scores = numbers(value).map((x, i) => x * (numbers(drawn.b)[i]! - sigmoid(point)));
    expect(integral(numbers(gradient))).toBeCloseTo(integral(scores), 10);
    expect(Math.abs(integral(scores))).toBeGreaterThan(0.05);
  }
});

test("withControl: (f − value)(b − p) + gradient", () => {
  const row = (...x: number[]) => matrix([x]);
  const g = withControl(
    matrix([[5]]).reshape([1]),
    { p: row(0.25, 0.5), b: row(1, 0) },
    { value: matrix([[2]]).reshape([1]), gradient: row(0.1, 0.2) },
  );
  expect(numbers(g)).toEqual([3 * 0.75 + 0.1, 3 * -0.5 + 0.2]);
});

for (const dtype of ["float32", "float64"] as DType[])
  test(`finite in ${dtype} for every draw that a key can give, however large |a| is`, () => {
    const ends = [0, 2 ** -24, 0.5, 1 - 2 ** -24];
    for (const size of [-400, -40, -17, 0, 17, 40, 400]) {
      const tensor = (x: readonly number[]) => constant(array([[...x]], { dtype }));
      const [a, u] = [tensor(ends.map(() => size)), tensor(ends)];
      const drawn = drawBits(a, replayKey({ uniform: [u] }));
      const given = [0, 1].map((bit) => noisyLogitGiven(a, tensor(ends.map(() => bit)), u));
      const { value, gradient } = relaxedControl(a, replayKey({}), drawn, "tied", c);
      for (const x of [noisyLogit(a, u), value, gradient, ...given.flatMap(({ z, slope }) => [z, slope])])
        expect(numbers(x).every(Number.isFinite), `${size}: ${numbers(x)}`).toBe(true);
    }
  });
