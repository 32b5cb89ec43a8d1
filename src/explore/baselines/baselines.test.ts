import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawn } from "../testing.ts";
import { askTree, growTree } from "../tree.ts";
import type { Problem } from "./baseline.ts";
import { leastSquares, linear, softmaxLoss, solve } from "./linear.ts";
import { minimise } from "./minimise.ts";
import { nearest } from "./nearest.ts";
import { stump, tree } from "./trees.ts";
import { usual } from "./usual.ts";

const rowsTo = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);
/** Rows of numbers with their targets; the first `train` are fitted to. */
const problem = (
  rows: readonly (readonly number[])[],
  target: readonly number[],
  classes: number,
  train = rows.length,
): Problem => ({
  ...{ x: Float64Array.from(rows.flat()), width: rows[0]!.length, target: Float64Array.from(target), classes },
  train: rowsTo(train),
});
const around = { backend: undefined as never, signal: new AbortController().signal };
const errorOn = (baseline: typeof usual, given: Problem, test: readonly number[]) =>
  baseline.error(given, Int32Array.from(test), around);

test("the most frequent class and the mean, by hand", () => {
  expect(errorOn(usual, problem([[0], [0], [0], [0]], [1, 1, 2, 0], 3), [0, 1, 2, 3])).toBe(50);
  expect(errorOn(usual, problem([[0], [0], [0]], [1, 3, 9], 0, 2), [2])).toBe(7);
});

test("nearest neighbours: of 5 that are near the class of 3, and of numbers their mean", () => {
  const near = [[0, 0], [1, 0], [0, 1], [2, 2], [2, 3], [9, 9], [9, 8], [8, 9], [0.4, 0.4]]; // biome-ignore format: one line
  expect(errorOn(nearest, problem(near, [1, 0, 0, 0, 1, 1, 1, 1, 0], 2, 8), [8])).toBe(0);
  expect(errorOn(nearest, problem(near, [1, 2, 3, 4, 5, 90, 90, 90, 7], 0, 8), [8])).toBe(4);
});

describe("trees", () => {
  const x = [1, 2, 3, 4, 5, 6].map((value) => [0, value]);
  test("a stump asks the one best question, between the values", () => {
    const given = problem(x, [0, 0, 1, 1, 1, 1], 2);
    const found = growTree({ columns: [new Float64Array(6), Float64Array.from([1, 2, 3, 4, 5, 6])], ...given }, given.train, { depth: 1, leaf: 1 }); // biome-ignore format: one line
    expect(found).toEqual({ column: 1, threshold: 2.5, low: { value: 0 }, high: { value: 1 } });
    expect(errorOn(stump, given, [0, 1, 2, 3, 4, 5])).toBe(0);
    expect(errorOn(stump, problem(x, [1, 1, 1, 7, 7, 9], 0), [5])).toBeCloseTo(9 - 23 / 3, 12);
  });

  test("a tree of depth 2 knows an interval; leaves keep their least size; a value that is missing is below all", () => {
    const column = Float64Array.from([Number.NEGATIVE_INFINITY, 1, 2, 3, 4, 5]);
    const examples = { columns: [column], target: Float64Array.from([1, 0, 0, 1, 1, 0]), classes: 2 };
    const answers = (depth: number, leaf: number) => {
      const grown = growTree(examples, rowsTo(6), { depth, leaf });
      return [0, 1, 2, 3, 4, 5].map((row) => askTree(grown, [column], row));
    };
    expect(answers(3, 1)).toEqual([1, 0, 0, 1, 1, 0]);
    expect(answers(3, 3).filter((answer, i) => answer === examples.target[i]).length).toBeLessThan(6);
    expect(errorOn(tree, problem(x, [0, 0, 1, 1, 1, 1], 2), [0])).toBe(100);
  });

  test("no other single question has less squared error than the one of a stump", () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(numbers, numbers, (xs, ys) => {
        const n = Math.min(xs.length, ys.length);
        const [column, target] = [Float64Array.from(xs.slice(0, n)), Float64Array.from(ys.slice(0, n))];
        const error = (side: (row: number) => boolean): number =>
          [true, false].reduce((sum, of) => {
            const part = [...target].filter((_, row) => side(row) === of);
            const mean = part.reduce((a, b) => a + b, 0) / part.length;
            return sum + part.reduce((a, b) => a + (b - mean) ** 2, 0);
          }, 0);
        const grown = growTree({ columns: [column], target, classes: 0 }, rowsTo(n), { depth: 1, leaf: 1 });
        const own = [...target].reduce((sum, y, row) => sum + (y - askTree(grown, [column], row)) ** 2, 0);
        for (const threshold of column)
          expect(own).toBeLessThanOrEqual(error((row) => column[row]! <= threshold) + 1e-6);
      }),
    );
  });
});

describe("linear models", () => {
  test("least squares of more columns than rows are those of fewer, but for columns that say nothing", () => {
    const [rows, width] = [9, 6];
    const value = (row: number, column: number) => Math.sin(1 + 3 * row + 7 * column * row);
    const made = (more: number) => ({
      x: Float64Array.from({ length: rows * (width + more) }, (_, i) => (i % (width + more) < width ? value(Math.floor(i / (width + more)), i % (width + more)) : 0)), // biome-ignore format: one line
      ...{ width: width + more, classes: 0, train: Int32Array.from({ length: 6 }, (_, i) => i) },
      target: Float64Array.from({ length: rows }, (_, row) => Math.cos(row)),
    });
    const test = Int32Array.of(6, 7, 8);
    const [few, many] = [leastSquares(made(0), test), leastSquares(made(40), test)];
    for (const [i, predicted] of few.entries()) expect(many[i]).toBeCloseTo(predicted, 12);
  });

  test("Cholesky solves its equations, and least squares finds a plane", () => {
    const a = [[4, 2, 0.6], [2, 5, 1], [0.6, 1, 3]].map((row) => Float64Array.from(row)); // biome-ignore format: one line
    const w = solve(a.map((row) => row.slice()), Float64Array.of(1, 2, 3)); // biome-ignore format: one line
    for (const [i, row] of a.entries())
      expect(row.reduce((sum, value, j) => sum + value * w[j]!, 0)).toBeCloseTo(i + 1, 12);
    const next = drawn(7);
    const rows = Array.from({ length: 2001 }, () => [next() - 0.5, next() - 0.5]);
    const plane = problem(rows, rows.map(([x, y]) => 3 + 2 * x! - 5 * y!), 0, 2000); // biome-ignore format: one line
    // The penalty is 1 beside squares that add up to about 170.
    expect(errorOn(linear, plane, [2000])).toBeLessThan(0.05);
  });

  test("the loss's gradient is that of differences, and at the minimum it is 0", () => {
    const next = drawn(9);
    const rows = Array.from({ length: 60 }, () => [next(), next(), next()]);
    const given = problem(rows, rows.map(([x, y]) => (x! > 0.6 ? 2 : y! > 0.4 ? 1 : 0)), 3); // biome-ignore format: one line
    const w = Float64Array.from({ length: 12 }, () => next() - 0.5);
    const [gradient, ignored] = [new Float64Array(12), new Float64Array(12)];
    softmaxLoss(given, w, gradient);
    for (let i = 0; i < 12; i++) {
      const at = (by: number): number => softmaxLoss(given, w.map((x, j) => (i === j ? x + by : x)), ignored); // biome-ignore format: one line
      expect(gradient[i]!).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 5);
    }
    const least = minimise(w, (at, into) => softmaxLoss(given, at, into));
    softmaxLoss(given, least, ignored);
    expect(Math.max(...ignored.map(Math.abs))).toBeLessThan(1e-3);
    expect(errorOn(linear, given, [...given.train])).toBeLessThan(15);
  });

  test("a quadratic is minimised to rounding", () => {
    const least = minimise(Float64Array.of(9, -7, 3), (at, gradient) => {
      let value = 0;
      at.forEach((x, i) => {
        value += 10 ** i * (x - i) ** 2;
        gradient[i] = 2 * 10 ** i * (x - i);
      });
      return value;
    });
    least.forEach((x, i) => expect(x).toBeCloseTo(i, 3)); // biome-ignore format: one line
  });
});
