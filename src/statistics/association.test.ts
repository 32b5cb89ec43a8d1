import fc from "fast-check";
import { expect, test } from "vitest";
import { correlationRatio, cramersV, pearson, ranks } from "./association.ts";

// Anscombe's first and fourth set (The American Statistician 27, 1973), with what R 4 prints for cor(x, y, method = …).
const x1 = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
const y1 = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
const x4 = [8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8];
const y4 = [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.5, 5.56, 7.91, 6.89];

test("Pearson's and Spearman's correlations are those of R", () => {
  expect(pearson(x1, y1)).toBeCloseTo(0.8164205, 7);
  expect(pearson(x4, y4)).toBeCloseTo(0.8165214, 7);
  expect(pearson(ranks(x1), ranks(y1))).toBeCloseTo(0.8181818, 7);
  expect(pearson(ranks(x4), ranks(y4))).toBeCloseTo(0.5, 7);
});

test("equal values share the mean of their ranks, and a missing one has none", () => {
  expect([...ranks([3, 1, Number.NaN, 3, 2, 3])]).toEqual([4, 1, Number.NaN, 4, 2, 4]);
});

test("a pair counts where both are there, and far from 0 nothing is lost", () => {
  const missing = [...x1, Number.NaN, 5];
  expect(pearson(missing, [...y1, 3, Number.NaN])).toBe(pearson(x1, y1));
  expect(pearson(x1.map((x) => 1e9 + x), y1)).toBeCloseTo(pearson(x1, y1), 7); // biome-ignore format: one line
  expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
  expect(pearson([1], [1])).toBeNaN();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true }))),
      (pairs) => {
        const r = pearson(pairs.map(([a]) => a), pairs.map(([, b]) => b)); // biome-ignore format: one line
        return Number.isNaN(r) || Math.abs(r) <= 1;
      },
    ),
  );
});

/** As many pairs of classes as a table of counts says. */
function pairsIn(counts: readonly (readonly number[])[]): [number[], number[]] {
  const pairs = counts.flatMap((row, a) => row.flatMap((n, b) => Array.from({ length: n }, () => [a, b] as const)));
  return [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
}

test("Cramér's V is √(χ² / n (least − 1)): by hand, and 0 and 1 at its ends", () => {
  // χ² = 100 · (10·40 − 20·30)² / (30 · 70 · 40 · 60)
  expect(cramersV(...pairsIn([[10, 20], [30, 40]]))).toBeCloseTo(Math.sqrt((200 ** 2 * 100) / (30 * 70 * 40 * 60) / 100), 12); // biome-ignore format: one line
  expect(cramersV(...pairsIn([[5, 10, 15], [10, 20, 30]]))).toBeCloseTo(0, 7); // biome-ignore format: one line
  expect(cramersV(...pairsIn([[5, 0, 0], [0, 7, 0], [0, 0, 1]]))).toBeCloseTo(1, 12); // biome-ignore format: one line
  const [a, b] = pairsIn([[1, 2], [3, 4]]); // biome-ignore format: one line
  expect(cramersV([...a, -1, 1], [...b, 1, -1])).toBe(cramersV(a, b));
  expect(cramersV([0, 0, 0], [0, 1, 2])).toBeNaN();
});

test("the correlation ratio is that of a table by hand, and |Pearson's r| of two classes", () => {
  // Marks of algebra, geometry and statistics: 6780 of 9640 lie between the subjects.
  const marks = [[45, 70, 29, 15, 21], [40, 20, 30, 42], [65, 95, 80, 70, 85, 73]]; // biome-ignore format: one line
  const classes = marks.flatMap((of, label) => of.map(() => label));
  expect(correlationRatio(classes, marks.flat()) ** 2).toBeCloseTo(6780 / 9640, 12);
  const two = y1.map((_, i) => i % 2);
  expect(correlationRatio(two, y1)).toBeCloseTo(Math.abs(pearson(two, y1)), 12);
  expect(correlationRatio([...two, -1, 1], [...y1, 3, Number.NaN])).toBe(correlationRatio(two, y1));
  expect(correlationRatio([0, 0], [1, 2])).toBeNaN();
});
