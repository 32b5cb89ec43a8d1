/** Tests of differences without a shape, bootstrap intervals, sizes of effects, and how many seeds would tell. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { philoxWords } from "../random/index.ts";
import { bootstrapInterval } from "./bootstrap.ts";
import { normalDraws } from "./normal.ts";
import { signFlipTest } from "./permutation.ts";
import { hedgesG, pairsFor, powerOf } from "./power.ts";
import { mean, variance } from "./sample.ts";
import { meanInterval, meanTest } from "./student.ts";

describe("signs that are turned", () => {
  it("give the share of patterns with as large a sum, counted one by one", () => {
    const sums = (sizes: readonly number[]): number[] => sizes.reduce((all, size) => all.flatMap((sum) => [sum + size, sum - size]), [0]); // biome-ignore format: one line
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 9 }), (differences) => {
        const sum = Math.abs(differences.reduce((a, b) => a + b, 0));
        const all = sums(differences.map(Math.abs));
        expect(signFlipTest(differences)).toBeCloseTo(all.filter((other) => Math.abs(other) >= sum).length / all.length, 12); // biome-ignore format: one line
      }),
      { numRuns: 200 },
    );
  });

  it("of n differences on one side give 2^(1 − n), whatever their size and last bits", () => {
    expect(signFlipTest([0.1, 0.2, 0.3, 0.7, 1e-3])).toBe(2 / 32);
    expect(signFlipTest([-0.1, -0.2, -0.3])).toBe(0.25);
    expect(signFlipTest([0, 0])).toBe(1);
  });

  it("that are drawn give what all of them do", () => {
    // Twenty-one equal differences, fifteen of them on one side: P(|2B − 21| ≥ 9) of a binomial.
    const differences = Array.from({ length: 21 }, (_, i) => (i < 15 ? 1 : -1));
    const choose = (k: number): number => Array.from({ length: k }, (_, i) => (21 - i) / (i + 1)).reduce((a, b) => a * b, 1); // biome-ignore format: one line
    const p = Array.from({ length: 22 }, (_, k) => (Math.abs(2 * k - 21) >= 9 ? choose(k) : 0)).reduce((a, b) => a + b, 0) / 2 ** 21; // biome-ignore format: one line
    // 200,000 patterns: 4.5 standard deviations.
    expect(Math.abs(signFlipTest(differences) - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / 200_000));
  });

  it("are near Student's test for normal differences", () => {
    const draw = normalDraws(philoxWords([1, 2], 3));
    const differences = Array.from({ length: 18 }, () => 0.4 + draw());
    expect(Math.abs(signFlipTest(differences) - meanTest(differences))).toBeLessThan(0.01);
  });
});

describe("the bootstrap's interval", () => {
  it("is near Student's for many normal values, and leans to the long tail of skewed ones", () => {
    const draw = normalDraws(philoxWords([5, 6], 7));
    const values = Array.from({ length: 300 }, draw);
    const [own, student] = [bootstrapInterval(values), meanInterval(values)];
    const width = student.high - student.low;
    expect(Math.abs(own.low - student.low)).toBeLessThan(0.05 * width);
    expect(Math.abs(own.high - student.high)).toBeLessThan(0.05 * width);
    const skewed = bootstrapInterval(values.slice(0, 30).map((x) => Math.exp(1.5 * x)));
    expect(skewed.high - skewed.value).toBeGreaterThan(1.2 * (skewed.value - skewed.low));
  });

  it("contains the mean of a skewed distribution about as often as it says", () => {
    const word = philoxWords([8, 9], 1);
    const exponential = (): number => -Math.log(((word() >>> 0) + 0.5) / 2 ** 32);
    const trials = 120;
    const within = Array.from({ length: trials }, () => bootstrapInterval(Array.from({ length: 40 }, exponential), 0.9)).filter(({ low, high }) => low <= 1 && 1 <= high).length; // biome-ignore format: one line
    // 0.9 of 120, ± 4.5 standard deviations of a binomial.
    expect(Math.abs(within - 108)).toBeLessThan(14.8);
  });

  it("is without ends where values don't differ", () => {
    expect(bootstrapInterval([2, 2, 2])).toEqual({ value: 2, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }); // biome-ignore format: one line
  });
});

describe("power", () => {
  // G*Power 3.1, t tests, difference between two dependent means, two tails, α 0.05.
  it.each([
    [0.2, 199, 0.8],
    [0.5, 34, 0.8],
    [0.8, 15, 0.8],
    [1, 10, 0.8],
    [0.5, 44, 0.9],
  ])("an effect of %d takes %d pairs for a chance of %d", (effect, n, power) => {
    expect(pairsFor(effect, power)).toBe(n);
  });

  it("without an effect is the level, and is the same for both signs", () => {
    for (const n of [2, 3, 10, 200]) expect(powerOf(0, n)).toBeCloseTo(0.05, 6);
    expect(powerOf(-0.7, 8)).toBeCloseTo(powerOf(0.7, 8), 12);
    expect(pairsFor(0.001)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is the share of draws that Student's test finds", () => {
    const draw = normalDraws(philoxWords([3, 3], 3));
    const trials = 4000;
    const found = Array.from({ length: trials }, () => meanTest(Array.from({ length: 6 }, () => 1.1 + draw()))).filter((p) => p < 0.05).length; // biome-ignore format: one line
    const power = powerOf(1.1, 6);
    expect(Math.abs(found / trials - power)).toBeLessThan(4.5 * Math.sqrt((power * (1 - power)) / trials));
  });
});

describe("Hedges' g", () => {
  it("is the standardised mean, times its correction", () => {
    // J(ν) = Γ(ν/2) / (√(ν/2) Γ((ν − 1)/2)): ν = 2: Γ(1)/(1 · Γ(½)) = 1/√π.
    expect(hedgesG(3, 2, 3)).toBeCloseTo(1.5 / Math.sqrt(Math.PI), 12);
    expect(hedgesG(1, 1, 1001)).toBeCloseTo(1 - 3 / (4 * 1000 - 1), 6);
  });

  it("is without bias over many draws of few", () => {
    const draw = normalDraws(philoxWords([4, 4], 4));
    const effects = Array.from({ length: 4000 }, () => {
      const values = Array.from({ length: 5 }, () => 0.8 + draw());
      return hedgesG(mean(values), Math.sqrt(variance(values)), 5);
    });
    expect(Math.abs(mean(effects) - 0.8)).toBeLessThan(4.5 * Math.sqrt(variance(effects) / 4000));
  });
});
