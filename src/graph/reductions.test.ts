import { describe, expect, test } from "vitest";
import * as ops from "./index.ts";
import { ints, run, tensor } from "./testing/run.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

// [2, 3, 2]
const cube = tensor([
  [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
  [
    [-1, -2],
    [-3, -4],
    [-5, -7],
  ],
]);

test("sum, over any axes", () => {
  expect(run(cube.sum())).toBe(-1);
  expect(run(cube.sum(1))).toEqual([
    [9, 12],
    [-9, -13],
  ]);
  expect(run(cube.sum([2, 0]))).toEqual([0, 0, -1]);
  expect(run(cube.sum([0, -1], { keep: true }))).toEqual([[[0], [0], [-1]]]);
  expect(run(cube.sum([]))).toEqual(run(cube));
  expect(run(ints([2 ** 31 - 1, 1]).sum())).toBe(-(2 ** 31));
});

test("sums run in double precision, whatever the dtype", () => {
  const x = ops.constant(ops.array(new Float32Array(10_000).fill(0.1)));
  expect(run(x.sum())).toBe(Math.fround(10_000 * Math.fround(0.1)));
});

test("mean and variance", () => {
  expect(run(tensor([1, 2, 6]).mean())).toBe(3);
  expect(run(tensor([1, 2, 6]).variance())).toBeCloseTo(14 / 3, 14);
  expect(run(cube.mean([0, 2]))).toEqual([0, 0, -0.25]);
  expect(
    run(
      tensor([
        [1, 3],
        [2, 8],
      ]).variance(1),
    ),
  ).toEqual([1, 9]);
  expect(run(cube.variance(0))).toEqual([
    [1, 4],
    [9, 16],
    [25, 42.25],
  ]);
});

test("max and min, NaN included", () => {
  expect(run(cube.max(1))).toEqual([
    [5, 6],
    [-1, -2],
  ]);
  expect(run(cube.min([0, 2], { keep: true }))).toEqual([[[-2], [-4], [-7]]]);
  expect(run(tensor([1, nan, 2]).max())).toBe(nan);
  expect(run(tensor([1, nan, 2]).min())).toBe(nan);
  expect(run(tensor([-inf, -inf]).max())).toBe(-inf);
  expect(run(ints([3, 1, 2]).min())).toBe(1);
});

test("ties of a maximum share its gradient evenly", () => {
  expect(run(ops.grad((x: ops.Tensor) => x.max().mul(6))(tensor([1, 2, 2, 0, 2])))).toEqual([0, 2, 2, 0, 2]);
});

test("argmax: the first of equals, and a NaN before all", () => {
  expect(run(tensor([1, 3, 3]).argmax())).toBe(1);
  expect(run(tensor([1, nan, 3, nan]).argmax())).toBe(1);
  expect(run(tensor([-inf, -inf]).argmax())).toBe(0);
  expect(run(cube.argmax())).toEqual([
    [1, 1, 1],
    [0, 0, 0],
  ]);
  expect(run(cube.argmax(0))).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  expect(cube.argmax().dtype).toBe("int32");
});

describe("kthLargest", () => {
  test("counts equal numbers each, from the maximum to the minimum", () => {
    const row = tensor([3, -inf, 7, 3, inf, 0]);
    expect([1, 2, 3, 4, 5, 6].map((k) => run(ops.kthLargest(row, k)))).toEqual([[inf], [7], [3], [3], [0], [-inf]]);
  });

  test("puts NaN before all, and never gives −0", () => {
    const row = tensor([nan, -0, nan, 5]);
    expect([1, 2, 3, 4].map((k) => run(ops.kthLargest(row, k)))).toEqual([[nan], [nan], [5], [0]]);
  });

  test("gives its gradient to where the number stands, and shares it evenly among ties", () => {
    const f = (k: number) =>
      run(ops.grad((x: ops.Tensor) => ops.kthLargest(x, k).sum().mul(6))(tensor([1, 2, 2, 0, 5])));
    expect([f(1), f(2), f(3), f(4)]).toEqual([
      [0, 0, 0, 0, 6],
      [0, 3, 3, 0, 0],
      [0, 3, 3, 0, 0],
      [6, 0, 0, 0, 0],
    ]);
  });
});

describe("largest", () => {
  test("opens exactly k of each row, among equals the first", () => {
    const rows = tensor([
      [1, 2, 2, 2, 0],
      [-inf, -inf, -inf, -inf, 3],
      [4, 4, 4, 4, 4],
    ]);
    expect(run(ops.largest(rows, 3))).toEqual([
      [0, 1, 1, 1, 0],
      [1, 1, 0, 0, 1],
      [1, 1, 1, 0, 0],
    ]);
    expect(run(ops.largest(rows, 2))).toEqual([
      [0, 1, 1, 0, 0],
      [1, 0, 0, 0, 1],
      [1, 1, 0, 0, 0],
    ]);
    expect(run(ops.largest(rows, 5).sum(-1))).toEqual([5, 5, 5]);
  });

  test("opens exactly k where there are NaN, too", () => {
    const row = tensor([nan, 1, nan, 2, 0]);
    expect([1, 2, 3, 4].map((k) => run(ops.largest(row, k)))).toEqual([
      [1, 0, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [1, 0, 1, 1, 0],
      [1, 1, 1, 1, 0],
    ]);
  });

  test("has no gradient", () => {
    expect(run(ops.grad((x: ops.Tensor) => ops.largest(x, 2).mul(x).sum())(tensor([3, 1, 2])))).toEqual([1, 0, 1]);
  });
});

describe("of nothing", () => {
  const nothing = ops.constant(ops.NdArray.zeros([0, 2]));

  test("a sum is 0, a mean NaN", () => {
    expect(run(nothing.sum(0))).toEqual([0, 0]);
    expect(run(nothing.mean(0))).toEqual([nan, nan]);
    expect(run(nothing.sum(1))).toEqual([]);
  });

  test("a maximum over the axis without elements is an error, over the other is empty", () => {
    for (const f of [ops.max, ops.min, ops.argmax])
      expect(() => f(nothing, 0)).toThrow("the axes to reduce must have elements, received shape [0, 2]");
    expect(run(nothing.max(1))).toEqual([]);
  });
});
