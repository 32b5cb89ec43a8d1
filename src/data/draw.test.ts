/** How examples are divided: folds. What draws of shares are is in split.test.ts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldsOf } from "./draw.ts";

describe("folds", () => {
  test("divide the rows, differ by at most one, and by at most one of each class", () => {
    const labels = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 9 }), fc.integer({ min: 0, max: 99 }), (classes, folds, seed) => {
        const fold = foldsOf(Float64Array.from(classes), folds, { seed });
        const counts = (of: (row: number) => boolean): number[] =>
          Array.from({ length: folds }, (_, k) => classes.filter((_, row) => fold[row] === k && of(row)).length);
        expect(counts(() => true).reduce((a, b) => a + b)).toBe(classes.length);
        for (const label of [-1, 0, 1, 2, 3, 4]) {
          const each = counts((row) => label < 0 || classes[row] === label);
          expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("are drawn by their seed", () => {
    const target = new Float64Array(50);
    expect(foldsOf(target, 5, { seed: 1 })).toEqual(foldsOf(target, 5, { seed: 1 }));
    expect(foldsOf(target, 5, { seed: 1 })).not.toEqual(foldsOf(target, 5, { seed: 2 }));
  });

  test("of numbers have each part of their range, and no period of theirs", () => {
    const target = Float64Array.from({ length: 62 }, (_, i) => i);
    const fold = foldsOf(target, 3, { classes: false });
    for (let from = 0; from + 3 <= 62; from += 3) expect([...fold.slice(from, from + 3)].sort()).toEqual([0, 1, 2]);
    const counts = [0, 1, 2].map((k) => fold.filter((of) => of === k).length);
    expect(counts.sort()).toEqual([20, 21, 21]);
    for (let start = 0; start < 3; start++) {
      const every = fold.filter((_, row) => row % 3 === start);
      for (let k = 0; k < 3; k++) expect(every.filter((of) => of === k).length).toBeGreaterThan(1);
    }
  });
});
