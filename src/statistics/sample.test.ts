import { expect, test } from "vitest";
import { highMedian, mean, meanRow, median, medianInterval, quantile, variance } from "./sample.ts";

test("mean and variance: 1, 2, 3, 4 have 5/2 and, with n − 1 below, 5/3", () => {
  expect(mean([1, 2, 3, 4])).toBe(2.5);
  expect(variance([1, 2, 3, 4])).toBeCloseTo(5 / 3, 15);
  expect([mean([]), variance([7])]).toEqual([Number.NaN, Number.NaN]);
});

test("meanRow: component by component, and of the rows' own kind", () => {
  expect(
    meanRow([
      [1, 2],
      [3, 7],
    ]),
  ).toEqual([2, 4.5]);
  expect(meanRow([Float64Array.of(1, 2), Float64Array.of(3, 7)])).toEqual(Float64Array.of(2, 4.5));
});

test("median: the middle, or the mean of the two middle values, in any order; numbers are compared, not their digits", () => {
  expect(median([9, 1, 4])).toBe(4);
  expect(median([10, 1, 9, 2])).toBe(5.5);
  expect(median([10, 9])).toBe(9.5);
  expect(median([100, 20, 3])).toBe(20);
  expect(() => median([])).toThrow(new RangeError("median: no values"));
});

test("highMedian: always one of the values", () => {
  expect(highMedian([9, 1, 4])).toBe(4);
  expect(highMedian([10, 1, 9, 2])).toBe(9);
  expect(highMedian([])).toBeNaN();
});

test("no function of a sample reorders it", () => {
  const values = [3, 1, 2];
  for (const f of [mean, variance, median, highMedian, medianInterval]) f(values);
  expect(values).toEqual([3, 1, 2]);
});

test("medianInterval: the values √n places from the middle, and the ends of a small sample", () => {
  const shuffled = [...Array(31).keys()].map((i) => (7 * i) % 31);
  expect(medianInterval(shuffled)).toEqual({ value: 15, low: 9, high: 21 });
  expect(medianInterval([4, 1])).toEqual({ value: 2.5, low: 1, high: 4 });
});

test("quantile: the smallest value that the share doesn't exceed", () => {
  const sorted = Float64Array.of(10, 20, 30, 40);
  expect([0, 0.25, 0.26, 0.5, 0.95, 1].map((share) => quantile(sorted, share))).toEqual([10, 10, 20, 20, 40, 40]);
});
