/** Arrays of another realm (vm contexts, iframes, jest) and of another copy of the library, and what is cloned. */
import vm from "node:vm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import * as own from "./entries/engine.ts";
import { UserError } from "./errors.ts";
import { input } from "./graph/index.ts";

const { array, compile, resident } = own;
const elsewhere = (code: string): never => vm.runInNewContext(code) as never;
const double = compile((x: own.Tensor) => x.mul(2));

describe("another realm", () => {
  test("has typed arrays that keep their dtype and their memory", () => {
    for (const [code, dtype] of [
      ["Float32Array", "float32"],
      ["Int32Array", "int32"],
      ["Float64Array", "float64"],
    ] as const) {
      // biome-ignore format: one line
      const data = elsewhere(`new ${code}([1, 2, 3]).subarray(1)`) as Float32Array;
      const made = array(data);
      expect(made).toMatchObject({ dtype, shape: [2] });
      data[0] = 7;
      expect(made.toNested()).toEqual([7, 3]);
      expect(new own.NdArray(data, [1, 2]).dtype).toBe(dtype);
    }
  });

  test("has typed arrays and nested numbers that functions take on every backend", async () => {
    for (const name of ["reference", "wasm"] as const) {
      const backend = await own.backend(name, { threads: 1 });
      const f = compile((x: own.Tensor) => x.add(1), { backend });
      expect(f(elsewhere("new Float32Array([1, 2])")).toNested()).toEqual([2, 3]);
      expect(f(elsewhere("new Int32Array([1, 2])"))).toMatchObject({ dtype: "int32", data: Int32Array.of(2, 3) });
      expect(array(elsewhere("[[1, 2], [3, 4]]")).toNested()).toEqual([[1, 2], [3, 4]]); // biome-ignore format: a matrix
      await backend.close();
    }
    await own.backend("reference");
  });

  test("has plain objects that are trees", () => {
    const f = compile(({ a, b }: { a: own.Tensor; b: own.Tensor[] }) => a.add(b[0]!));
    expect(f(elsewhere("({ a: 1, b: [2] })")).item()).toBe(3);
    expect(resident<{ w: own.Tensor }>(elsewhere("({ w: new Float32Array(2) })")).read().w.shape).toEqual([2]);
    expect(() => compile((x: own.Tensor) => x.add(elsewhere("({})")))(1)).toThrow(
      /^add: .*received float32\[\] and \{\}/,
    );
  });
});

test.each<[string, () => unknown]>([
  ["a Uint8Array of 2 numbers", () => new Uint8Array(2)],
  ["a Uint8Array of 2 numbers", () => Buffer.from([1, 2])],
  ["a Uint8ClampedArray of 2 numbers", () => elsewhere("new Uint8ClampedArray(2)")],
  ["a BigInt64Array of 2 numbers", () => new BigInt64Array(2)],
  ["a DataView", () => new DataView(new ArrayBuffer(8))],
  ["a Promise: await it first", () => Promise.resolve(array([1]))],
  ["a Map", () => new Map()],
])("what is no array of numbers is named: %s", (shown, make) => {
  expect(() => double(make() as never)).toThrow(`compile: the argument at 0 must be an array or a number, received ${shown}`); // biome-ignore format: one line
  expect(() => array(make() as never)).toThrow(`received ${shown.split(":")[0]}`);
  expect(() => resident({ w: make() } as never)).toThrow(`resident: the value at w must be an array or a number, received ${shown}`); // biome-ignore format: one line
});

test("a cloned NdArray is told how to become one again", () => {
  const clone = structuredClone(array([[1, 2]])); // biome-ignore format: one line
  expect(() => double(clone)).toThrow("received \"float32\": a cloned NdArray is made anew by array(x.data, { shape: x.shape })"); // biome-ignore format: one line
  expect(double(array(clone.data, { shape: clone.shape })).toNested()).toEqual([[2, 4]]);
});

describe("another copy of the library", () => {
  let other: typeof own;
  beforeAll(async () => {
    vi.resetModules();
    other = await import("./entries/engine.ts");
  });

  test("is another", () => {
    expect(other.NdArray).not.toBe(own.NdArray);
  });

  test("has NdArrays that are taken as data", () => {
    const theirs = other.array(Int32Array.of(1, 2), { shape: [2, 1] });
    expect(double(theirs as never)).toMatchObject({ shape: [2, 1], dtype: "int32", data: Int32Array.of(2, 4) });
    expect(
      resident<own.Tensor>(theirs as never)
        .read()
        .toNested(),
    ).toEqual([[1], [2]]);
    expect(compile((x: own.Tensor) => x.add(theirs as never))(Int32Array.of(1)).toNested()).toEqual([[2], [3]]);
    const x = input("x", theirs);
    expect(own.evaluate([x.neg(), own.constant(theirs as never)], new Map([[x, theirs as never]]))[0]!.data).toEqual(Int32Array.of(-1, -2)); // biome-ignore format: one line
  });

  test("has tensors that are refused, with the op and the line", () => {
    const theirs = other.constant(1) as never;
    const copy = /another copy of heaviside, and a program needs one copy/;
    for (const use of [
      () => own.constant(2).add(theirs),
      () => own.matmul(theirs, theirs),
      () => own.concat([own.constant(array([1])), theirs]),
      () => own.gradients(theirs, []),
    ]) {
      expect(use).toThrow(UserError);
      expect(use).toThrow(copy);
      expect(use).toThrow(/realms\.test\.ts/);
    }
    expect(() => double(theirs)).toThrow(/^compile: the argument at 0 .*received a tensor float32\[\]/);
    expect(() => compile(() => theirs)()).toThrow(/^compile: the function's result .*another copy of heaviside/);
    expect(() => own.key(theirs)).toThrow(/^key: .*of another copy of heaviside/);
  });

  test("has residents that are refused, before and after a call that fits", () => {
    const theirs = other.resident(other.array([1])) as never;
    const refusal =
      /^compile: the argument at 0 must be .*received a resident: it comes from another copy of heaviside/;
    const f = compile((x: own.Tensor) => x.mul(2));
    expect(() => f(theirs)).toThrow(refusal);
    expect(f(resident(array([1]))).item()).toBe(2);
    expect(() => f(theirs)).toThrow(refusal);
    expect(() => own.constant(1).add(theirs)).toThrow(/^add: .*received float32\[\] and a resident/);
  });

  test("has backends that are refused", () => {
    const backend = other.currentBackend();
    const refusal = "the backend comes from another copy of heaviside, and a program needs one copy";
    expect(() => compile((x: own.Tensor) => x, { backend })).toThrow(`compile: ${refusal}`);
    expect(() => resident(array(1), { backend })).toThrow(`resident: ${refusal}`);
  });
});
