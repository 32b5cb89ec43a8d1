import { describe, expect, test } from "vitest";
import * as ops from "./index.ts";
import { ints, run, tensor } from "./testing/run.ts";

// [3, 4]
const table = tensor([
  [0, 1, 2, 3],
  [10, 11, 12, 13],
  [20, 21, 22, 23],
]);

describe("slice", () => {
  test("a number is about the first axis, and negative ones count from the end", () => {
    expect(run(ops.slice(table, 1, 2))).toEqual([[10, 11, 12, 13]]);
    expect(run(ops.slice(table, -1))).toEqual([[20, 21, 22, 23]]);
    expect(run(ops.slice(table, 0, -2))).toEqual([[0, 1, 2, 3]]);
  });

  test("lists name axes from the first on", () => {
    expect(run(ops.slice(table, [1, 1], [3, 3]))).toEqual([
      [11, 12],
      [21, 22],
    ]);
    expect(run(ops.slice(table, [undefined, -1]))).toEqual([[3], [13], [23]]);
    expect(run(ops.slice(table, undefined, [1, 2]))).toEqual([[0, 1]]);
  });

  test("may be empty or the whole", () => {
    expect(ops.slice(table, 3).shape).toEqual([0, 4]);
    expect(ops.slice(table, 2, 2).shape).toEqual([0, 4]);
    expect(ops.slice(table, 0)).toBe(table);
  });
});

test("pad puts zeros around", () => {
  expect(run(ops.pad(tensor([[1, 2]]), [1, 0], [0, 2]))).toEqual([
    [0, 0, 0, 0],
    [1, 2, 0, 0],
  ]);
});

test("concat and stack", () => {
  const [a, b] = [tensor([[1], [2]]), tensor([[3], [4]])];
  expect(run(ops.concat([a, b]))).toEqual([[1], [2], [3], [4]]);
  expect(run(ops.concat([tensor([1, 2]), tensor([]), tensor([3])]))).toEqual([1, 2, 3]);
  expect(run(ops.concat([a, b, a], -1))).toEqual([
    [1, 3, 1],
    [2, 4, 2],
  ]);
  expect(ops.stack([a, b, a]).shape).toEqual([3, 2, 1]);
  expect(ops.stack([a, b, a], 1).shape).toEqual([2, 3, 1]);
  expect(run(ops.stack([a, b], -1))).toEqual([[[1, 3]], [[2, 4]]]);
});

test("transpose, reshape, expandDims, broadcastTo", () => {
  expect(run(ops.transpose(tensor([[1, 2, 3]])))).toEqual([[1], [2], [3]]);
  expect(run(ops.transpose(tensor([[[1, 2, 3]], [[4, 5, 6]]]), [2, 0, 1]))).toEqual([
    [[1], [4]],
    [[2], [5]],
    [[3], [6]],
  ]);
  expect(run(ops.reshape(table, [2, -1]))).toEqual([
    [0, 1, 2, 3, 10, 11],
    [12, 13, 20, 21, 22, 23],
  ]);
  expect(ops.expandDims(table, 1).shape).toEqual([3, 1, 4]);
  expect(ops.expandDims(table, -1).shape).toEqual([3, 4, 1]);
  expect(run(ops.broadcastTo(tensor([[1], [2]]), [2, 2, 2]))).toEqual([
    [
      [1, 1],
      [2, 2],
    ],
    [
      [1, 1],
      [2, 2],
    ],
  ]);
});

test("matmul, with leading axes", () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ]);
  expect(run(ops.matmul(a, a))).toEqual([
    [7, 10],
    [15, 22],
  ]);
  expect(run(ops.matmul(ops.stack([a, a.neg()]), tensor([[1], [1]])))).toEqual([
    [[3], [7]],
    [[-3], [-7]],
  ]);
  const empty = ops.constant(ops.NdArray.zeros([2, 0], "float64"));
  expect(run(ops.matmul(empty, ops.transpose(empty)))).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

describe("gather and scatterAdd", () => {
  test("take rows, and add to rows", () => {
    expect(run(ops.gather(table, ints([2, 0, 2])))).toEqual([
      [20, 21, 22, 23],
      [0, 1, 2, 3],
      [20, 21, 22, 23],
    ]);
    expect(run(ops.gather(tensor([5, 6]), ints([[1], [0]])))).toEqual([[6], [5]]);
    expect(run(ops.gather(ints([5, 6]), ints(1)))).toBe(6);
    expect(run(ops.scatterAdd(tensor([[1], [2], [3]]), ints([2, 0, 2]), 4))).toEqual([[2], [0], [4], [0]]);
  });

  test.each([3, -1])("refuse index %d of 3 rows when they run", (index) => {
    expect(() => run(ops.gather(table, ints([0, index])))).toThrow(
      `gather: an index must be a whole number from 0 to 2, received ${index}`,
    );
    expect(() => run(ops.scatterAdd(tensor([1]), ints([index]), 3))).toThrow(
      `scatterAdd: an index must be a whole number from 0 to 2, received ${index}`,
    );
  });
});

test("oneHot and arange", () => {
  expect(run(ops.oneHot(ints([1, 0, 3]), 3))).toEqual([
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 0],
  ]);
  expect(ops.oneHot(ints([[1]]), 2, "float64")).toMatchObject({ shape: [1, 1, 2], dtype: "float64" });
  expect(run(ops.arange(3))).toEqual([0, 1, 2]);
  expect(ops.arange(0, "float32")).toMatchObject({ shape: [0], dtype: "float32" });
});

test("outer scales each example's units", () => {
  expect(
    run(
      ops.outer(
        tensor([2, 3]),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ),
  ).toEqual([
    [2, 4],
    [9, 12],
  ]);
});
