/** What crosses from a caller into a backend: shapes and buffers that change later, and arrays that don't fit. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { UserError } from "../errors.ts";
import { array, broadcastTo, constant, type DType, NdArray, reshape, type Shape, slice, type Tensor, transpose } from "../graph/index.ts"; // biome-ignore format: one line
import { input } from "../graph/ops/input.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const kinds = ["reference", "wasm", ...(nativeSets.length > 0 ? ["native"] : [])];
const backends = new Map<string, Backend>();
beforeAll(async () => {
  backends.set("reference", referenceBackend());
  backends.set("wasm", await wasmBackend({ threads: 1 }));
  if (nativeSets.length > 0) backends.set("native", await nativeBackend({ threads: 1 }));
});
afterAll(() => Promise.all([...backends.values()].map((backend) => backend.close())));

type Call = (...args: unknown[]) => NdArray;

/** A buffer whose length can change: TypeScript's ES2022 doesn't know of it. */
const resizable = (bytes: number): ArrayBuffer & { resize(bytes: number): void } =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: 1024 }]);

describe.each(kinds)("on %s", (kind) => {
  const twice = (): Call => compile((x: Tensor) => x.mul(2), { backend: backends.get(kind)! }) as unknown as Call;

  test("a shape that the caller changes afterwards stays what it was", () => {
    const run = twice();
    const shape = [8];
    const x = array(new Float32Array(8).fill(1), { shape });
    expect(run(x).shape).toEqual([8]);
    shape[0] = 4;
    expect(run(x).data).toEqual(new Float32Array(8).fill(2));
    expect(() => ((x.shape as number[])[0] = 4)).toThrow(TypeError);
    const spec = { shape: [3], dtype: "float32" as DType };
    const storage = backends.get(kind)!.allocate(spec);
    spec.shape[0] = 100;
    spec.dtype = "int32";
    expect(storage).toMatchObject({ shape: [3], dtype: "float32" });
    expect(backends.get(kind)!.read(storage)).toHaveLength(3);
  });

  test("shapes and orders in a traced function stay what they were", () => {
    const list = (...values: number[]): [number[], () => void] => [values, () => values.fill(1)];
    const run = compile(
      (x: Tensor) => {
        const results: Tensor[] = [];
        const changing = (values: number[], f: (own: number[]) => Tensor): void => {
          const [own, spoil] = list(...values);
          results.push(f(own));
          spoil();
        };
        changing([3, 2], (own) => reshape(x, own));
        changing([4, 2, 3], (own) => broadcastTo(x, own));
        changing([1, 0], (own) => transpose(x, own));
        changing([0, 1], (own) => slice(x, own, [2, 2]));
        changing([5], (own) => key(1).uniform(own));
        return results;
      },
      { backend: backends.get(kind)! },
    ) as unknown as (x: NdArray) => NdArray[];
    const results = run(array([[1, 2, 3], [4, 5, 6]])); // biome-ignore format: a matrix
    expect(results.map(({ shape }) => shape)).toEqual([[3, 2], [4, 2, 3], [3, 2], [2, 1], [5]]); // biome-ignore format: shapes
    expect(results[2]!.toNested()).toEqual([[1, 4], [2, 5], [3, 6]]); // biome-ignore format: a matrix
    expect(results[3]!.toNested()).toEqual([[2], [5]]);
  });

  test("a constant is what the array was while tracing", () => {
    const ten = array([10, 20]);
    const run = compile((x: Tensor) => x.add(constant(ten)), { backend: backends.get(kind)! }) as unknown as Call;
    expect(run(array([1, 2])).toNested()).toEqual([11, 22]);
    ten.data.fill(0);
    expect(run(array([1, 2])).toNested()).toEqual([11, 22]);
  });

  test("a buffer that was transferred, shrunk or grown is refused wherever it crosses, and nothing else is touched", () => {
    const run = twice();
    const neighbour = resident(array([7, 7, 7, 7]), { backend: backends.get(kind)! });
    const make: { readonly [name: string]: () => { x: NdArray; spoil: () => void; length: number } } = {
      transferred: () => {
        const data = new Float32Array(4);
        return { x: array(data), spoil: () => structuredClone(data.buffer, { transfer: [data.buffer] }), length: 0 };
      },
      grown: () => {
        const buffer = resizable(16);
        return { x: array(new Float32Array(buffer)), spoil: () => buffer.resize(512), length: 128 };
      },
      shrunk: () => {
        const buffer = resizable(16);
        return { x: array(new Float32Array(buffer)), spoil: () => buffer.resize(8), length: 2 };
      },
      "shrunk below its view": () => {
        const buffer = resizable(16);
        return { x: array(new Float32Array(buffer, 0, 4)), spoil: () => buffer.resize(8), length: 0 };
      },
    };
    for (const [name, made] of Object.entries(make)) {
      const { x, spoil, length } = made();
      const place = resident(x, { backend: backends.get(kind)! });
      expect(run(x).data, name).toHaveLength(4);
      spoil();
      const message = new RegExp(
        `float32\\[4\\] needs 4 numbers, its buffer now has ${length}: it was resized or transferred`,
      );
      expect(() => run(x), name).toThrow(message);
      expect(() => run(x), name).toThrow(UserError);
      expect(() => resident(x, { backend: backends.get(kind)! }), name).toThrow(UserError);
      expect(() => place.write(x as never), name).toThrow(message);
      expect(() => constant(x), name).toThrow(message);
      expect((place.read() as unknown as NdArray).data, name).toEqual(new Float32Array(4));
    }
    expect((neighbour.read() as unknown as NdArray).data).toEqual(new Float32Array(4).fill(7));
  });

  test("an array that was transferred is refused when many of every kind of memory were met before, and an empty one is empty", () => {
    const run = twice();
    const buffer = resizable(16);
    const whole = [array([1, 2, 3, 4]), array(new Float32Array(buffer)), array(Float32Array.of(5, 6, 7, 8))];
    for (let i = 0; i < 30_000; i++) run(whole[i % 3]!);
    const transferred = (length: number): NdArray => {
      const data = new Float32Array(length);
      const x = array(data);
      structuredClone(data.buffer, { transfer: [data.buffer] });
      return x;
    };
    for (let times = 0; times < 3; times++) {
      const message = /float32\[4\] needs 4 numbers, its buffer now has 0: it was resized or transferred/;
      expect(() => run(transferred(4))).toThrow(message);
      expect(() => resident(transferred(4), { backend: backends.get(kind)! })).toThrow(UserError);
      for (let i = 0; i < 3000; i++) run(whole[i % 3]!);
    }
    expect(run(transferred(0)).toNested()).toEqual([]);
    const place = resident(transferred(0), { backend: backends.get(kind)! });
    expect((place.read() as unknown as NdArray).data).toHaveLength(0);
  });

  test("data that an array was given later must be of its dtype and length", () => {
    const run = twice();
    const x = array([1, 2]);
    expect(run(x).toNested()).toEqual([2, 4]);
    for (const data of [new Int32Array(2), new Float32Array(3)])
      expect(() => run(Object.assign(Object.create(NdArray.prototype), x, { data }))).toThrow(UserError);
  });

  test("a place is allocated for whole numbers from 0 and known dtypes, and the heap survives all others", () => {
    const backend = backends.get(kind)!;
    const odd: unknown[] = [[Number.NaN], [-1], [2, -3], [1.5], [Number.POSITIVE_INFINITY], ["2"], [undefined], "2", 3, null, undefined]; // biome-ignore format: one line
    for (const shape of odd)
      expect(() => backend.allocate({ shape: shape as Shape, dtype: "float32" }), String(shape)).toThrow(UserError);
    expect(() => backend.allocate({ shape: [Number.NaN], dtype: "float32" })).toThrow(
      `${kind}: the shape must be an array of whole numbers from 0, received [NaN]`,
    );
    for (const dtype of ["float16", "constructor", undefined, 4])
      expect(() => backend.allocate({ shape: [2], dtype: dtype as DType }), String(dtype)).toThrow(UserError);
    const [a, b] = [resident(array([1, 2]), { backend }), resident(array([3, 4]), { backend })];
    expect([a, b].map((x) => (x.read() as unknown as NdArray).toNested())).toEqual([[1, 2], [3, 4]]); // biome-ignore format: pairs
  });

  test("a place is written with data of its length and dtype, and by its own backend", () => {
    const backend = backends.get(kind)!;
    const storage = backend.allocate({ shape: [2], dtype: "float32" });
    backend.write(storage, Float32Array.of(1, 2));
    for (const data of [new Float32Array(3), new Float32Array(1), new Int32Array(2), new Float64Array(2), [1, 2]])
      expect(() => backend.write(storage, data as never)).toThrow(
        `${kind}: float32[2] is written from Float32Array of 2, received `,
      );
    expect(backend.read(storage)).toEqual(Float32Array.of(1, 2));
    const other = backends.get(kind === "wasm" ? "reference" : "wasm")!.allocate({ shape: [2], dtype: "float32" });
    const elsewhere = `${kind}: an array of another backend cannot be read or written here`;
    expect(() => backend.read(other)).toThrow(elsewhere);
    expect(() => backend.write(other, new Float32Array(2))).toThrow(elsewhere);
  });

  test("a program runs on as many arrays as it was prepared for, each of its spec and residence", () => {
    const backend = backends.get(kind)!;
    const tensors = [input("state", { shape: [2], dtype: "float32" }), input("x", { shape: [2], dtype: "float32" })];
    const program = backend.prepare({
      inputs: tensors.map((tensor, i) => ({ name: ["state", "x"][i]!, tensor, resident: i === 0 })),
      outputs: [tensors[0]!.add(tensors[1]!)],
      updates: [],
    });
    const at = (shape: Shape, on = backend) => on.allocate({ shape, dtype: "float32" });
    const [state, x] = [at([2]), array([1, 2])];
    expect(program.run([state, x])[0]!.toNested()).toEqual([1, 2]);
    const other = backends.get(kind === "wasm" ? "reference" : "wasm")!;
    const wrong = [[state], [state, x, x], [x, x], [state, state], [at([1]), x], [at([2], other), x], [state, array([1])], [state, array(Int32Array.of(1, 2))]]; // biome-ignore format: one line
    for (const values of wrong) expect(() => program.run(values)).toThrow(UserError);
    expect(program.run([state, x])[0]!.toNested()).toEqual([1, 2]);
  });
});

test("an array's shape is whole numbers from 0, also where their product would fit", () => {
  for (const shape of [[-2, -2], [0.5, 8], [8, 0.5], [Number.NaN], "4", 4] as unknown as Shape[])
    expect(() => array(new Float32Array(4), { shape })).toThrow(
      /^array: the shape must be an array of whole numbers from 0, received/,
    );
});
