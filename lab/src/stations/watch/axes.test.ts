import { expect, test } from "vitest";
import { beyond, nearest, optionAxis, valueDomain, within } from "./axes.ts";

test("draws all values, with room", () => {
  expect(valueDomain([10, 20, 30, 40, 85], "lower")).toEqual([5.5, 89.5]);
  expect(valueDomain([0.5, 0.5], "lower")).toEqual([0.45, 0.55]);
  expect(valueDomain([0], "lower")).toEqual([-1, 1]);
  expect(valueDomain([], "lower")).toEqual([0, 1]);
});

test("lets a value that went astray not hide the others, on the side of the worse", () => {
  const values = [1, 2, 3, 900];
  const domain = valueDomain(values, "lower");
  expect(domain[0]).toBeCloseTo(1 - 0.06 * 8, 12);
  expect(domain[1]).toBeCloseTo(9 + 0.06 * 8, 12);
  expect(beyond(values, domain)).toBe(1);
  expect(values.map((value) => within(domain, value))).toEqual([1, 2, 3, domain[1]]);
  expect(valueDomain([99, 98, 97, -800], "higher")[0]).toBeCloseTo(91 - 0.06 * 8, 12);
  // Half of them are equal, and no value tells how far is far.
  expect(beyond([1, 1, 1, 50], valueDomain([1, 1, 1, 50], "lower"))).toBe(0);
});

test("has ticks at round numbers, on a logarithmic axis too", () => {
  const said = (values: readonly number[], isLog: boolean) => {
    const { ticks, text } = optionAxis({ values, isLog });
    return ticks.map(text);
  };
  expect(said([0.003, 1], true)).toEqual(["0.003", "0.01", "0.03", "0.1", "0.3", "1"]);
  expect(said([20, 200], true)).toEqual(["20", "50", "100", "200"]);
  expect(said([1e-6, 1], true)).toEqual(["0.000001", "0.00001", "0.0001", "0.001", "0.01", "0.1", "1"]);
  expect(said([-2, 2], false)).toEqual(["−2", "−1", "0", "1", "2"]);
  const { domain, at } = optionAxis({ values: [0.01, 1], isLog: true });
  expect(at(0.1)).toBeCloseTo(-1, 12);
  expect(domain[0]).toBeCloseTo(-2.08, 12);
  expect(optionAxis({ values: [7, 7], isLog: false }).domain).toEqual([6.5, 7.5]);
});

test("finds the nearest point, where one is near", () => {
  const points = [[0, 0], [10, 0], [10, 5]] as const; // biome-ignore format: one line
  expect(nearest(points, [9, 1], 24)).toBe(1);
  expect(nearest(points, [10, 4], 24)).toBe(2);
  expect(nearest(points, [100, 100], 24)).toBeUndefined();
});
