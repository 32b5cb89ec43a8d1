import fc from "fast-check";
import { expect, test } from "vitest";
import { fitThreshold } from "./threshold.ts";

const above = (values: readonly number[], t: number): number => values.filter((v) => v > t).length;
const thresholdOf = (values: readonly number[], share: number): number =>
  fitThreshold(Float32Array.from(values), share);

test("opens exactly the share that is asked for, half-way between the two values that it parts", () => {
  const values = [5, -1, 3, 0.5, 2, -4, 8, 1, 0, 7];
  expect(thresholdOf(values, 0.1)).toBe(7.5);
  expect(thresholdOf(values, 0.3)).toBe(4);
  expect(thresholdOf(values, 0.5)).toBe(1.5);
  expect(above(values, thresholdOf(values, 1))).toBe(10);
  expect(above(values, thresholdOf(values, 0))).toBe(0);
  // To the nearest count: 0.26 of ten is three, 0.24 is two.
  expect([0.26, 0.24].map((share) => above(values, thresholdOf(values, share)))).toEqual([3, 2]);
});

test("keeps equal values together, on the side that is nearer to the share", () => {
  const values = [9, 4, 4, 4, 4, 1, 1, 0, 0, 0];
  // Two are wanted: one (without the fours) is nearer than five (with them); three: both are two away, they open; four: they open.
  expect([0.2, 0.3, 0.4, 0.5].map((share) => above(values, thresholdOf(values, share)))).toEqual([1, 5, 5, 5]);
  expect(thresholdOf(values, 0.2)).toBe(6.5);
  expect(thresholdOf(values, 0.5)).toBe(2.5);
  expect(above([3, 3, 3, 3], thresholdOf([3, 3, 3, 3], 0.25))).toBe(0);
  expect(above([3, 3, 3, 3], thresholdOf([3, 3, 3, 3], 0.5))).toBe(4);
});

test("parts neighbouring float32 values, and infinite ones", () => {
  const next = (x: number): number => {
    const bits = new Int32Array(Float32Array.of(x).buffer);
    bits[0]!++;
    return new Float32Array(bits.buffer)[0]!;
  };
  for (const x of [1, 1e-3, 1e30]) {
    const t = thresholdOf([x, next(x)], 0.5);
    expect(above([x, next(x)], t)).toBe(1);
    expect(Math.fround(t)).toBe(t);
  }
  expect(above([-Infinity, 2, 3], thresholdOf([-Infinity, 2, 3], 2 / 3))).toBe(2);
});

test("is as near to the share as any threshold, and a float32, whatever the values", () => {
  const values = fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 40 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.oneof(
        values,
        values.map((v) => v.map(Math.round)),
      ),
      share,
      (given, wanted) => {
        const t = thresholdOf(given, wanted);
        expect(Math.fround(t)).toBe(t);
        const count = Math.round(wanted * given.length);
        const reachable = [Number.NEGATIVE_INFINITY, ...given].map((at) => Math.abs(above(given, at) - count));
        expect(Math.abs(above(given, t) - count)).toBe(Math.min(...reachable));
      },
    ),
    { numRuns: 500 },
  );
});

test("refuses what has no answer", () => {
  expect(() => thresholdOf([], 0.5)).toThrow("threshold: needs values to fit it to, received none");
  for (const share of [0, 0.3, 0.6, 1])
    expect(() => thresholdOf([1, Number.NaN, 2], share)).toThrow("every value must be a number, received NaN");
  expect(() => thresholdOf([1], 1.2)).toThrow(
    "threshold: share must be a finite number at least 0 and at most 1, received 1.2",
  );
});
