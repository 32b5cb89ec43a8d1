import { describe, expect, it } from "vitest";
import { findings } from "../../../build/slowness.ts";
import { switched } from "./reasons.ts";

const { plan, at, arms, shares, gap, readGap, times, inWords, large } = findings();
const of = (name: string) => arms.find(({ arm }) => arm === name)!;

describe("the switches of the reasons", () => {
  it.each([
    ["sigmoid", "noise", true, "sigmoidNoise"],
    ["sigmoid", "quantisation", true, "exact"],
    ["sigmoid", "bias", true, "expected"],
    ["exact", "noise", true, "exactNoise"],
    ["exact", "bias", true, "expected"],
    ["exactNoise", "bias", true, "k1"],
    ["expected", "noise", true, "k1"],
    ["k1", "noise", false, "expected"],
    ["k1", "bias", false, "exactNoise"],
    ["k1", "quantisation", false, "sigmoidNoise"],
    ["expected", "quantisation", false, "sigmoid"],
    ["k1", "noise", true, "k1"],
  ] as const)("from %s, %s %s: %s", (from, reason, on, to) => {
    expect(switched(arms, of(from), reason, on).arm).toBe(to);
  });

  it("are on in the networks as the experiment's routes say", () => {
    expect(arms.map(({ arm, reasons }) => [arm, [...reasons].sort().join()])).toEqual([
      ["sigmoid", ""],
      ["sigmoidNoise", "noise"],
      ["exact", "quantisation"],
      ["exactNoise", "noise,quantisation"],
      ["expected", "bias,quantisation"],
      ["k1", "bias,noise,quantisation"],
    ]);
  });
});

describe("the committed findings", () => {
  it("have shares that add up to all of the gap, which lies between the ends of the curves", () => {
    expect(shares.reduce((sum, { share }) => sum + share.value, 0)).toBeCloseTo(1, 3);
    expect(of("k1").sampled.value - of("sigmoid").sampled.value).toBeCloseTo(gap.value, 3);
    for (const { sampled, read, sampledCurve, readCurve } of arms) {
      expect(sampledCurve).toHaveLength(2 * at.length);
      // Both are rounded, so they may differ by one in the last digit.
      expect(Math.abs(sampledCurve.at(-2)! - 1000 * sampled.value)).toBeLessThan(0.6);
      expect(Math.abs(sampledCurve.at(-1)! - 1000 * (sampled.high - sampled.value))).toBeLessThan(0.7);
      expect(Math.abs(readCurve.at(-2)! - 1000 * read.value)).toBeLessThan(0.6);
    }
    expect(at.at(-1)).toBe(plan.steps);
  });

  it("are as the page's headings say", () => {
    const [first, ...others] = shares;
    expect(first!.reason).toBe("quantisation");
    expect(others.every(({ share }) => share.high < first!.share.low)).toBe(true);
    expect(inWords).toEqual({ share: "about three quarters", times: "about three times as many" });
    // “Can't be told from nothing.”
    for (const { share } of others) expect(share.low < 0 && share.high > 0).toBe(true);
    expect(readGap.low < 0 && readGap.high > 0).toBe(true);
    expect(times.low).toBeGreaterThan(1);
    const largeOf = (label: string) => large.find(({ name }) => name === label)!.sampled;
    for (const label of ["binary, K = 1", "binary, K = 16", "binary, unbiased"])
      expect(largeOf("threshold").high).toBeLessThan(largeOf(label).low / 5);
    expect(largeOf("binary, K = 16").value).toBeGreaterThan(0.8 * largeOf("binary, K = 1").value);
  });
});
