import { expect, test } from "vitest";
import { errorOfRate, matchedWidth } from "./matched-width.ts";

const runs = [
  { width: 64, error: 2 },
  { width: 16, error: 6 },
  { width: 32, error: 4 },
];

test("an error between two runs has a width between theirs, halfway in the logarithm", () => {
  expect(matchedWidth(runs, 4, 1)).toEqual({
    width: 32,
    low: Math.round(16 * Math.SQRT2),
    high: Math.round(32 * Math.SQRT2),
  });
  expect(matchedWidth(runs, 3, 0).width).toBe(45);
});

test("an error that no run reaches has no width; one that the narrowest undercuts has that one's", () => {
  expect(matchedWidth(runs, 2.5, 1)).toEqual({ width: 54, low: 38, high: undefined });
  expect(matchedWidth(runs, 1, 0)).toEqual({ width: undefined, low: undefined, high: undefined });
  expect(matchedWidth(runs, 7, 0).width).toBe(16);
});

test("a wider net that errs more by chance doesn't hide the narrower one that reaches the error", () => {
  expect(matchedWidth([...runs, { width: 128, error: 3 }], 2, 0).width).toBe(64);
});

test("an error rate's standard error is the binomial's", () => {
  expect(errorOfRate(1.5, 10_000)).toBeCloseTo(0.12155, 5);
  expect(errorOfRate(0, 100)).toBe(0);
});
