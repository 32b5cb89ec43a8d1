/** Intervals of a share and of a root mean square, against scipy's quantiles. */
import { expect, test } from "vitest";
import { philoxWords } from "../random/index.ts";
import { chiSquareQuantile, rootMeanSquareInterval } from "./interval-of-deviation.ts";
import { shareInterval } from "./interval-of-share.ts";

test("shareInterval: Clopper and Pearson's, as scipy.stats.beta.ppf has it", () => {
  for (const [count, total, low, high] of [
    [0, 57, 0, 0.06266748091448493],
    [1, 57, 0.00044407344008939235, 0.09391684189191078],
    [3, 10, 0.06673951117773447, 0.6524528500599973],
    [10, 10, 0.6915028921812392, 1],
    [250, 1000, 0.2234304062646602, 0.2780500062237557],
  ] as const) {
    const found = shareInterval(count, total);
    expect(found.value).toBe(count / total);
    expect(found.low).toBeCloseTo(low, 12);
    expect(found.high).toBeCloseTo(high, 12);
    const other = shareInterval(total - count, total);
    expect([1 - other.high, 1 - other.low].map((x) => x.toFixed(12))).toEqual([low, high].map((x) => x.toFixed(12)));
  }
});

test("shareInterval: holds the true share in at least 95 of 100 samples, summed over all counts", () => {
  for (const [total, share] of [
    [10, 0.3],
    [25, 0.04],
    [57, 0.5],
  ] as const) {
    // biome-ignore format: one line
    let covered = 0;
    let probability = (1 - share) ** total;
    for (let count = 0; count <= total; count++) {
      const { low, high } = shareInterval(count, total);
      if (low <= share && share <= high) covered += probability;
      probability *= ((total - count) / (count + 1)) * (share / (1 - share));
    }
    expect(covered).toBeGreaterThanOrEqual(0.95);
  }
});

test.each([
  [0.025, 1, 0.0009820691171752555],
  [0.975, 1, 5.023886187314888],
  [0.025, 20, 9.590777392264867],
  [0.975, 20, 34.16960690283833],
  [0.5, 3, 2.3659738843753377],
  [0.025, 1000, 914.257153799259],
  [0.975, 1000, 1089.5309127749135],
])("chiSquareQuantile(%d, %d) is scipy.stats.chi2.ppf's", (p, degrees, wanted) => {
  expect(chiSquareQuantile(p, degrees) / wanted).toBeCloseTo(1, 10);
});

test("rootMeanSquareInterval: the deviation of normal numbers is in it as often as it says", () => {
  const next = philoxWords([5, 6], 9);
  const uniform = (): number => ((next() >>> 0) + 0.5) / 2 ** 32;
  let held = 0;
  const [samples, n] = [2000, 8];
  for (let i = 0; i < samples; i++) {
    let squares = 0;
    for (let k = 0; k < n; k++) squares += (2 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())) ** 2; // biome-ignore format: one line
    const { low, high } = rootMeanSquareInterval(Math.sqrt(squares / n), n);
    if (low <= 2 && 2 <= high) held++;
  }
  // 1900 ± 9.7: five deviations.
  expect(Math.abs(held - 1900)).toBeLessThan(49);
});
