import fc from "fast-check";
import { expect, it } from "vitest";
import { philoxWords } from "../random/index.ts";
import { calibration } from "./calibration.ts";

const uniforms = (seed: number) => {
  const word = philoxWords([seed, 0], 0x43414c);
  return () => word() / 2 ** 32;
};
const of = (pairs: readonly (readonly [number, boolean])[], bins?: number) =>
  calibration(pairs.map(([p]) => p), (i) => pairs[i]![1], bins); // biome-ignore format: one line

it("is the error of a case worked by hand", () => {
  // Bin [0.5, 0.75): confidences 0.6 and 0.7, one right: gap 0.15. Bin [0.75, 1]: 0.8, 0.9 and 1, all right: gap 0.1.
  const { bins, error, count, byChance } = of(
    [[0.6, true], [0.7, false], [0.8, true], [0.9, true], [1, true]], // biome-ignore format: one line
    4,
  );
  expect(bins.map((bin) => bin.count)).toEqual([0, 0, 2, 3]);
  expect(bins[2]!.confidence).toBeCloseTo(0.65, 12);
  expect(bins[2]!.accuracy).toBe(0.5);
  expect(bins[3]!.accuracy).toBe(1);
  expect(bins[0]!.accuracy).toBeNaN();
  expect(error.value).toBeCloseTo((2 * 0.15 + 3 * 0.1) / 5, 12);
  expect(count).toBe(5);
  const spread = Math.sqrt((2 * (0.24 + 0.21)) / Math.PI) + Math.sqrt((2 * (0.16 + 0.09)) / Math.PI);
  expect(byChance).toBeCloseTo(spread / 5, 12);
  // The signed gaps are −0.4, 0.7 and 0.2, 0.1, 0 with signs − and +.
  const signed = [-0.4, 0.7, 0.2, 0.1, 0];
  const [mean, n] = [signed.reduce((a, b) => a + b) / 5, 5];
  const half = 1.959964 * Math.sqrt(signed.reduce((a, x) => a + (x - mean) ** 2, 0) / (n - 1) / n);
  expect(mean).toBeCloseTo(error.value, 12);
  expect(error.high).toBeCloseTo(mean + half, 12);
  expect(error.low).toBe(0);
});

it("is the weighted gap of its bins, and between 0 and 1, whatever it is given", () => {
  const confidence = fc.oneof(fc.double({ min: 0, max: 1 }), fc.constantFrom(Number.NaN, Infinity, -0, 0, 1));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(confidence, fc.boolean()), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (pairs, n) => {
        const { bins, error, count } = of(pairs, n);
        const finite = pairs.filter(([p]) => Number.isFinite(p));
        expect(count).toBe(finite.length);
        expect(bins.reduce((total, bin) => total + bin.count, 0)).toBe(count);
        if (count === 0) {
          expect(error.value).toBeNaN();
          return;
        }
        const filled = bins.filter((bin) => bin.count > 0);
        const gaps = filled.map((bin) => bin.count * Math.abs(bin.accuracy - bin.confidence));
        expect(error.value).toBeCloseTo(gaps.reduce((a, b) => a + b) / count, 9);
        expect(error.value).toBeGreaterThanOrEqual(0);
        expect(error.value).toBeLessThanOrEqual(1 + 1e-12);
        for (const { from, to, confidence } of filled)
          expect(confidence >= from - 1e-9 && confidence <= to + 1e-9).toBe(true);
        expect(error.low <= error.value + 1e-12 && error.value <= error.high + 1e-12).toBe(true);
      },
    ),
  );
});

it("of examples that are right as often as they say is what chance alone makes of it", () => {
  const uniform = uniforms(1);
  const runs = Array.from({ length: 60 }, () => {
    const pairs = Array.from({ length: 1000 }, () => 0.3 + 0.7 * uniform()).map((p) => [p, uniform() < p] as const);
    return of(pairs);
  });
  const mean = runs.reduce((total, run) => total + run.error.value, 0) / runs.length;
  const expected = runs.reduce((total, run) => total + run.byChance, 0) / runs.length;
  // The error of one run varies by about 0.006, that of the mean by 0.0008: five of these.
  expect(Math.abs(mean - expected)).toBeLessThan(0.004);
  expect(expected).toBeGreaterThan(0.02);
});

it("has an interval that holds a known error in about 95 of 100 samples", () => {
  const uniform = uniforms(2);
  const holds = Array.from({ length: 400 }, () => {
    // Overconfident by 0.2 everywhere, so that the error of all examples is 0.2.
    const pairs = Array.from({ length: 400 }, () => 0.5 + 0.5 * uniform()).map(
      (p) => [p, uniform() < p - 0.2] as const,
    );
    const { low, high } = of(pairs, 5).error;
    return low <= 0.2 && 0.2 <= high;
  });
  // Of 400, 380 ± 4.4: five standard errors below, and not all.
  const held = holds.filter(Boolean).length;
  expect(held).toBeGreaterThan(357);
  expect(held).toBeLessThan(399);
});
