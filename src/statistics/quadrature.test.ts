import { expect, test } from "vitest";
import { gaussLegendre } from "./gauss-legendre.ts";
import { type Axis, cells, gaussCells, gaussian, gaussPanels, logistic, once } from "./quadrature.ts";

const integral = ({ nodes, weights }: Axis, f: (x: number) => number): number =>
  nodes.reduce((total, x, i) => total + weights[i]! * f(x), 0);
const power = (k: number) => (x: number) => x ** k;

test("gaussLegendre: the places and weights of two and three points, as tables have them", () => {
  const [two, three] = [gaussLegendre(2), gaussLegendre(3)];
  [1, -1].forEach((side, i) => expect(two[i]!.at).toBeCloseTo(side / Math.sqrt(3), 15));
  expect(two.map(({ weight }) => weight)).toEqual([expect.closeTo(1, 15), expect.closeTo(1, 15)]);
  [1, 0, -1].forEach((side, i) => expect(three[i]!.at).toBeCloseTo(side * Math.sqrt(3 / 5), 15));
  [5 / 9, 8 / 9, 5 / 9].forEach((weight, i) => expect(three[i]!.weight).toBeCloseTo(weight, 15));
});

test("gaussLegendre: exact for every power below 2n, and not for the next even one", () => {
  for (const n of [1, 2, 6, 14, 24]) {
    const rule = gaussLegendre(n);
    const over = (k: number) => rule.reduce((total, { at, weight }) => total + weight * at ** k, 0);
    for (let k = 0; k < 2 * n; k++) expect(over(k)).toBeCloseTo(k % 2 === 0 ? 2 / (k + 1) : 0, 13);
    if (n <= 6) expect(Math.abs(over(2 * n) - 2 / (2 * n + 1))).toBeGreaterThan(1e-4);
  }
});

test("gaussian: moments 1, 0, 1, 0, 3 and the mean of a rectifier whose kink is named", () => {
  [1, 0, 1, 0, 3].forEach((m, k) => expect(integral(gaussian([0.3]), (z) => z ** k)).toBeCloseTo(m, 12));
  expect(integral(gaussian([-1]), (z) => Math.max(0, 1 + z))).toBeCloseTo(1.0833154705876864, 12);
});

test("logistic: mass 1, mean 0, variance π²/3, and softplus as the mean of a rectifier", () => {
  const logit = (u: number) => Math.log(u) - Math.log(1 - u);
  [1, 0, Math.PI ** 2 / 3].forEach((m, k) => expect(integral(logistic([]), (u) => logit(u) ** k)).toBeCloseTo(m, 10));
  expect(integral(logistic([-0.7]), (u) => Math.max(0, 0.7 + logit(u)))).toBeCloseTo(Math.log1p(Math.exp(0.7)), 11);
});

test("cells: exact for a threshold that is a cut", () => {
  expect(integral(cells([0.3, 0.9]), (u) => (u < 0.3 ? 5 : 2))).toBeCloseTo(0.3 * 5 + 0.7 * 2, 14);
});

test("once: one value, with probability 1", () => {
  expect(once).toEqual({ nodes: [0.5], weights: [1] });
});

test("gaussCells: exact for cubics between two cuts; cuts outside of (0, 1) are none", () => {
  const rule = gaussCells([0.6, -1, 0.2, 1]);
  expect(rule.nodes).toHaveLength(6);
  for (const k of [0, 1, 2, 3]) expect(integral(rule, power(k))).toBeCloseTo(1 / (k + 1), 14);
  const bent = (u: number) => (u < 0.2 ? u ** 3 : u < 0.6 ? 4 * u ** 2 : 1 - u);
  const exact = 0.2 ** 4 / 4 + (4 * (0.6 ** 3 - 0.2 ** 3)) / 3 + (0.4 - (1 - 0.6 ** 2) / 2);
  expect(integral(rule, bent)).toBeCloseTo(exact, 14);
});

test("gaussPanels: exact to the eleventh power, on pieces of any length", () => {
  const rule = gaussPanels([-1, 0.5, 3], 2);
  expect(rule.nodes).toHaveLength(24);
  for (const k of [0, 1, 5, 11])
    expect(integral(rule, power(k)) / ((3 ** (k + 1) - (-1) ** (k + 1)) / (k + 1))).toBeCloseTo(1, 13);
});
