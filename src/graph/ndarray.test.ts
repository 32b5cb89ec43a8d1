import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import { constant, where } from "./index.ts";
import { array, NdArray, type Nested, sizeOf, stridesOf } from "./ndarray.ts";
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

describe("conversion", () => {
  const ints = (values: Nested): NdArray => array(values, { dtype: "int32" });

  test.each([2 ** 40, 2 ** 31, -(2 ** 31) - 1, 0.5, -1e-300, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE])(
    "refuses %d for int32, wherever a number becomes one",
    (value) => {
      const refusal = (subject: string, at = "") =>
        `${subject}: int32 holds whole numbers from -2147483648 to 2147483647, received ${value}${at}`;
      expect(() => ints(value)).toThrow(new ShapeError(refusal("array")));
      expect(() => ints([[1, value]])).toThrow(refusal("array", " at 1"));
      expect(() => array(Float64Array.of(1, 2, value), { dtype: "int32" })).toThrow(refusal("array", " at 2"));
      expect(() => constant(value, "int32")).toThrow(refusal("constant"));
      expect(() => constant(ints([1])).less(value)).toThrow(refusal("less"));
      expect(() => where(constant(array([1])), value, constant(ints([1])))).toThrow(refusal("where"));
    },
  );

  test("keeps what int32 holds, its ends and −0 too", () => {
    expect(ints([2 ** 31 - 1, -(2 ** 31), -0, 3]).data).toEqual(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 0, 3));
    expect(array(Float32Array.of(16777216), { dtype: "int32" }).data).toEqual(Int32Array.of(16777216));
  });

  test("to float32 rounds to the nearest, and refuses finite numbers beyond its range", () => {
    const largest = 2 ** 128 - 2 ** 104;
    expect(array([0.1, largest, 2 ** -149, 1e-60, Infinity, -Infinity, Number.NaN]).data).toEqual(
      Float32Array.of(0.1, largest, 2 ** -149, 0, Infinity, -Infinity, Number.NaN),
    );
    // Half a step further rounds to 2¹²⁸, which float32 lacks.
    for (const value of [2 ** 128 - 2 ** 103, 1e39, -1e39, Number.MAX_VALUE]) {
      expect(() => array([1, value])).toThrow(`array: float32 holds numbers up to 3.4e38, received ${value} at 1`);
      expect(() => array(Float64Array.of(value), { dtype: "float32" })).toThrow("float32 holds numbers up to 3.4e38");
      expect(() => constant(array([1])).mul(value)).toThrow("mul: float32 holds numbers up to 3.4e38");
      expect(array([value], { dtype: "float64" }).item()).toBe(value);
    }
  });
});

test("an array is made of typed arrays with a shape and a dtype that exist, and of nothing else", () => {
  const wrong =
    (...args: unknown[]) =>
    () =>
      new (NdArray as unknown as new (...xs: unknown[]) => NdArray)(...args);
  expect(wrong([1, 2], [2])).toThrow("array: data must be a Float32Array, Float64Array or Int32Array, received [1,2]");
  expect(wrong(new Uint8Array(2), [2])).toThrow(
    "received a Uint8Array of 2 numbers: Float32Array.from(...) converts it",
  );
  for (const shape of [[-1, -2], [0.5, 4], [Number.NaN], ["2"], Array(2), 2, null, undefined, "2"])
    expect(wrong(new Float32Array(2), shape), `${shape}`).toThrow("array: the shape must be an array of whole numbers");
  expect(() => NdArray.zeros([-1])).toThrow("array: the shape must be an array of whole numbers from 0, received [-1]");
  expect(() => NdArray.zeros([1], "int8" as never)).toThrow(
    'array: dtype must be one of float32, float64, int32, received "int8"',
  );
  expect(() => array([1], { dtype: "bool" as never })).toThrow(
    'array: dtype must be one of float32, float64, int32, received "bool"',
  );
  expect(() => array([1], { shap: [1] } as never)).toThrow(
    "array: the options are shape, dtype (did you mean shape?), received shap",
  );
  expect(() => array([1], null as never)).toThrow("array: options must be an object of shape, dtype, received null");
  expect(() => array(Array(3) as never)).toThrow("received undefined");
  const loop: unknown[] = [];
  loop[0] = loop;
  expect(() => array(loop as never)).toThrow("array: numbers must be nested at most 64 deep");
});
