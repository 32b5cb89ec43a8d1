import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, NdArray, sizeOf, stridesOf } from "./ndarray.ts";
import { shapes } from "./testing/shapes.ts";

describe("array", () => {
  test("reads nested numbers as float32, and a flat typed array as what it is", () => {
    expect(array([[1, 2, 3], [4, 5, 6]])).toMatchObject({ shape: [2, 3], dtype: "float32" }); // biome-ignore format: a matrix
    expect(array(2).shape).toEqual([]);
    expect(array([[], []]).shape).toEqual([2, 0]);
    expect(array(Int32Array.of(1, 2))).toMatchObject({ shape: [2], dtype: "int32" });
    expect(array(Int32Array.of(1, 2), { shape: [2, 1], dtype: "float64" })).toMatchObject({
      shape: [2, 1],
      dtype: "float64",
    });
  });

  test("keeps a typed array that needs no conversion", () => {
    const data = Float32Array.of(1, 2);
    expect(array(data).data).toBe(data);
  });

  test("refuses rows of different lengths or depths, and what is no number", () => {
    expect(() => array([[1, 2], [3]])).toThrow("rows must have one length, received 2 and 1");
    expect(() => array([[1], 2])).toThrow("a number stands where a row of 1 was expected");
    expect(() => array([1, [2]])).toThrow("rows must have one length, received a number and 1");
    expect(() => array([["1"]] as never)).toThrow('needs numbers or nested arrays of numbers, received "1"');
    expect(() => array(Float32Array.of(1, 2), { shape: [3] })).toThrow("shape [3] needs 3 numbers, received 2");
  });

  test("is undone by toNested, for every shape without an empty axis before another", () => {
    fc.assert(
      fc.property(shapes({ minLength: 1 }), (shape) => {
        const a = array(
          Float64Array.from({ length: sizeOf(shape) }, (_, i) => i),
          { shape },
        );
        expect(array(a.toNested(), { dtype: "float64" })).toEqual(a);
      }),
      { seed: 1 },
    );
  });
});

test("item gives the only number, and refuses to choose", () => {
  expect(array([[7]]).item()).toBe(7);
  expect(() => array([1, 2]).item()).toThrow("item: needs an array of one element, received shape [2]");
});

test("toNested of an array with an empty axis is empty there", () => {
  expect(NdArray.zeros([2, 0, 3]).toNested()).toEqual([[], []]);
  expect(NdArray.zeros([0]).toNested()).toEqual([]);
});

test("strides are those of rows one after the other", () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(stridesOf([])).toEqual([]);
});
