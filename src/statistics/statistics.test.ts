import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { philoxWords } from "../random/index.ts";
import { normalDraws } from "./normal.ts";
import { jarqueBera, shapeOf } from "./normality.ts";
import { ratioInterval } from "./ratio.ts";
import { leastSquares } from "./regression.ts";
import { meanBelowTest, meanInterval, meanTest, studentCdf, studentQuantile } from "./student.ts";

describe("Student's t", () => {
  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 5, 2.5705818356363146],
    [0.975, 19, 2.093024054408309],
    [0.95, 9, 1.8331129326562365],
    [0.995, 30, 2.749995653567225],
    [0.6, 99, 0.2540290121518066],
    [0.0001, 9, -6.010132129081441],
  ])("its %d quantile with %d degrees of freedom is %d", (p, degrees, t) => {
    expect(Math.abs(studentQuantile(p, degrees) / t - 1)).toBeLessThan(1e-12);
    expect(studentQuantile(1 - p, degrees)).toBeCloseTo(-studentQuantile(p, degrees), 9);
  });

  it("with a million degrees is nearly normal", () => {
    expect(studentQuantile(0.975, 1e6)).toBeCloseTo(1.9599663, 6);
  });

  it.each([
    [-40, 19, 4.153878599669215e-20],
    [-8, 3, 0.002038288793892734],
    [-2.1, 9, 0.032559141206076024],
    [0.7, 30, 0.7553397782501642],
    [6, 5, 0.999076930855203],
  ])("P(T ≤ %d) with %d degrees of freedom is %d, to a share of itself", (t, degrees, p) => {
    expect(Math.abs(studentCdf(t, degrees) / p - 1)).toBeLessThan(1e-12);
  });

  it("with one degree it is Cauchy's, with two it has a root for a distribution function", () => {
    for (const t of [-30, -1.3, 0, 0.2, 5]) {
      expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 13);
      expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 13);
    }
  });

  it("refuses a share that is none", () => {
    expect(() => studentQuantile(1, 3)).toThrow(
      "studentQuantile: p must be a finite number above 0 and below 1, received 1",
    );
    expect(() => studentCdf(1, 0)).toThrow("degrees of freedom");
  });
});

describe("meanInterval", () => {
  it("is mean ± t s/√n", () => {
    // mean 3, s² = 2.5, t(4) = 2.7764451052
    const { value, low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(value).toBe(3);
    expect(high - 3).toBeCloseTo(2.7764451052 * Math.sqrt(0.5), 8);
    expect(3 - low).toBeCloseTo(high - 3, 12);
  });

  it("has no bounds for one value, nor for infinite ones", () => {
    for (const values of [[2], [1, Number.POSITIVE_INFINITY]])
      expect(meanInterval(values)).toMatchObject({ low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });
  });

  it("leaves 0 out exactly where the test rejects it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 5, noNaN: true }), { minLength: 2, maxLength: 9 }), (values) => {
        const { low, high } = meanInterval(values);
        const p = meanTest(values);
        fc.pre(Math.abs(p - 0.05) > 1e-6);
        expect(low > 0 || high < 0).toBe(p < 0.05);
      }),
    );
  });
});

describe("meanBelowTest", () => {
  it("is half of the two-sided test's on the side of the margin, and 1 less that on the other", () => {
    // Differences −1, −2, −3: t = −2√3 with 2 degrees of freedom, P(T ≤ t) = ½ + t/(2√(2 + t²)).
    expect(meanBelowTest([-1, -2, -3])).toBeCloseTo(0.5 - Math.sqrt(12 / 14) / 2, 12);
    expect(meanBelowTest([1, 2, 3])).toBeCloseTo(0.5 + Math.sqrt(12 / 14) / 2, 12);
    expect(meanBelowTest([-1, -2, -3])).toBeCloseTo(meanTest([-1, -2, -3]) / 2, 14);
  });

  it("moves with its margin", () => {
    expect(meanBelowTest([4, 5, 6], 7)).toBeCloseTo(meanBelowTest([-3, -2, -1]), 14);
  });

  it("is certain of values that are all the same, and undecided of one", () => {
    expect([[1, 1], [3, 3], [2, 2], [1]].map((values) => meanBelowTest(values, 2))).toEqual([0, 1, 0.5, 0.5]);
  });
});

describe("ratioInterval", () => {
  it("of a constant denominator is the mean's interval divided by it", () => {
    const [ratio, mean] = [ratioInterval([1, 2, 4, 3], [2, 2, 2, 2]), meanInterval([1, 2, 4, 3])];
    for (const end of ["value", "low", "high"] as const) expect(ratio[end]).toBeCloseTo(mean[end] / 2, 10);
  });

  it("ends where numerator − s · denominator is told from 0 at the level, and holds what lies between", () => {
    const few = fc.array(
      fc.tuple(fc.double({ min: -1, max: 2, noNaN: true }), fc.double({ min: 0.5, max: 3, noNaN: true })),
      { minLength: 3, maxLength: 8 },
    );
    fc.assert(
      fc.property(few, (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const { low, high } = ratioInterval(a, b);
        fc.pre(Number.isFinite(low) && high - low > 1e-3);
        const p = (s: number) => meanTest(a.map((x, i) => x - s * b[i]!));
        for (const end of [low, high]) expect(p(end)).toBeCloseTo(0.05, 6);
        expect(p((low + high) / 2)).toBeGreaterThan(0.05);
      }),
    );
  });

  it("has no bounds where the denominator can't be distinguished from 0", () => {
    expect(ratioInterval([1, 2, 3], [-1, 1, 0.5])).toMatchObject({ low: Number.NEGATIVE_INFINITY });
  });
});

describe("normality", () => {
  it("1 … 9 have variance 7.5, no skewness and an excess of −1.23, and JB is 9/6 · 1.23²/4", () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const { mean, variance, skewness, excess } = shapeOf(values);
    expect([mean, variance]).toEqual([expect.closeTo(5, 12), expect.closeTo(7.5, 12)]);
    expect([skewness, excess]).toEqual([expect.closeTo(0, 12), expect.closeTo(-1.23, 10)]);
    const { statistic, p } = jarqueBera(values);
    expect(statistic).toBeCloseTo((9 / 6) * (1.23 ** 2 / 4), 10);
    expect(p).toBeCloseTo(Math.exp(-statistic / 2), 12);
  });

  it("a lopsided sample is skewed to its tail", () => {
    // Three 0 and one 1: mean ¼, m₂ = 3/16, m₃ = 3/32.
    expect(shapeOf([0, 0, 0, 1]).skewness).toBeCloseTo(3 / 32 / (3 / 16) ** 1.5, 12);
    expect(shapeOf([0, 0, 0, -1]).skewness).toBeLessThan(0);
  });

  it("rejects normal values about as often as its level says, and uniform ones always", () => {
    const word = philoxWords([1, 2], 7);
    const uniform = () => ((word() >>> 0) + 0.5) / 2 ** 32;
    const rejected = (draw: () => number) =>
      Array.from({ length: 400 }, () => jarqueBera(Array.from({ length: 400 }, draw)).p < 0.05).filter(Boolean).length;
    // The seed is fixed; of 400 tests at a true level from 0.035 to 0.05, 5 to 35 reject with a probability above 0.999.
    const often = rejected(normalDraws(word));
    expect(often).toBeGreaterThan(4);
    expect(often).toBeLessThan(36);
    expect(rejected(uniform)).toBe(400);
  });
});

it("leastSquares finds a line, and says how much of the spread it leaves", () => {
  expect(leastSquares([0, 1, 2, 5], [3, 5, 7, 13])).toEqual({
    slope: expect.closeTo(2, 12),
    intercept: expect.closeTo(3, 12),
    r2: expect.closeTo(1, 12),
  });
  const { slope, r2 } = leastSquares([-1, -1, 1, 1], [0, 2, 2, 4]);
  expect([slope, r2]).toEqual([expect.closeTo(1, 12), expect.closeTo(0.5, 12)]);
});
