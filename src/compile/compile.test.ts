import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { backend as startBackend } from "../backends/select.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { UserError } from "../errors.ts";
import { array, gradients, mapTree, matmul, mul, type NdArray, sum, type Tensor, transpose } from "../graph/index.ts";
import { compile } from "./compile.ts";
import { Resident, resident } from "./resident.ts";

type Call = (...args: unknown[]) => NdArray;

/** A compiled function of anything, and how often it was traced. */
function counted(f: (...xs: Tensor[]) => unknown, options?: Parameters<typeof compile>[1]) {
  const traces: string[] = [];
  const run = compile((...xs: Tensor[]) => {
    traces.push(xs.map((x) => (x.shape ? `${x.dtype}[${x.shape}]` : "tree")).join(" "));
    return f(...xs) as Tensor;
  }, options) as unknown as Call;
  return { run, traces };
}

let wasm: Backend;
let other: Backend;
beforeAll(async () => {
  [wasm, other] = await Promise.all([wasmBackend({ threads: 1 }), wasmBackend({ threads: 1 })]);
});
afterAll(() => Promise.all([wasm.close(), other.close()]));

describe("a compiled function", () => {
  test("is traced once for each shape and dtype, in whatever order they come", () => {
    const { run, traces } = counted((x) => x.add(x), { backend: wasm });
    const calls = [array([1, 2]), array([3]), array([4, 5]), array(Int32Array.of(6)), array([7])];
    expect(calls.map((x) => run(x).toNested())).toEqual([[2, 4], [6], [8, 10], [12], [14]]);
    expect(traces).toEqual(["float32[2]", "float32[1]", "int32[1]"]);
  });

  test("takes numbers as float32 scalars and flat typed arrays as vectors, as if they were arrays", () => {
    const { run, traces } = counted((x, y) => x.mul(y), { backend: wasm });
    expect(run(2, Float32Array.of(1, 2)).toNested()).toEqual([2, 4]);
    expect(run(array(3), array([1, 2])).toNested()).toEqual([3, 6]);
    expect(run(4, array([5, 6])).toNested()).toEqual([20, 24]);
    expect(run(0.5, array([7, 8])).toNested()).toEqual([3.5, 4]);
    expect(traces).toHaveLength(1);
    // A number where the last call had an integer, a vector, or something on the backend.
    expect(() => run(Int32Array.of(1), array([1, 2]))).toThrow(/dtype/);
    expect(run(array([3, 9]), array([1, 2])).toNested()).toEqual([3, 18]);
    expect(run(2, array([1, 2])).toNested()).toEqual([2, 4]);
    expect(run(resident(array(5), { backend: wasm }), array([1, 2])).toNested()).toEqual([5, 10]);
    expect(run(2, array([1, 2])).toNested()).toEqual([2, 4]);
  });

  test("tells a number from an integer scalar, and calls by how many arguments they have", () => {
    const { run, traces } = counted((x, y) => (y ? x.add(y) : x.add(x)), { backend: wasm });
    const integer = array(Int32Array.of(3), { shape: [] });
    expect(run(integer)).toMatchObject({ dtype: "int32", data: Int32Array.of(6) });
    expect(run(0.5)).toMatchObject({ dtype: "float32", data: Float32Array.of(1) });
    expect(run(0.5, 4).item()).toBe(4.5);
    expect(run(0.5).item()).toBe(1);
    expect(traces).toEqual(["int32[]", "float32[]", "float32[] float32[]"]);
  });

  test("reads other arrays, other numbers and other residents of the same form at each call", () => {
    const { run, traces } = counted((s, x, y) => (s as unknown as { w: Tensor }).w.add(x).add(y), { backend: wasm });
    const states = [1, 2].map((w) => resident({ w: array([w]) }, { backend: wasm }));
    const seen = [0, 1, 0].map((i) => run(states[i], array([10 * (i + 1)]), 100 * (i + 1)).item());
    expect(seen).toEqual([111, 222, 111]);
    states[0]!.write({ w: array([5]) });
    expect(run(states[0], array([10]), 100).item()).toBe(115);
    expect(traces).toHaveLength(1);
  });

  test("tells residents of other forms apart: names, shapes, and the order of arguments", () => {
    type Pair = { a: Tensor; b: Tensor };
    const { run, traces } = counted((s) => Object.values(s as unknown as Pair).reduce((x, y) => x.sub(y)), {
      backend: wasm,
    });
    const at = (tree: Record<string, NdArray>) => resident(tree, { backend: wasm });
    expect(run(at({ a: array([5]), b: array([2]) })).item()).toBe(3);
    expect(run(at({ a: array([5]), c: array([1]) })).item()).toBe(4);
    expect(run(at({ a: array([5, 5]), b: array([2]) })).toNested()).toEqual([3, 3]);
    expect(run(at({ a: array([9]), b: array([2]) })).item()).toBe(7);
    expect(run({ a: array([8]), b: array([2]) }).item()).toBe(6);
    expect(traces).toHaveLength(4);
  });

  test("takes residents inside of trees", () => {
    const { run } = counted((s) => (s as unknown as { w: Tensor; x: Tensor }).w.add((s as never as { x: Tensor }).x), {
      backend: wasm,
    });
    const w = resident(array([1, 2]), { backend: wasm });
    expect(run({ w, x: array([10, 20]) }).toNested()).toEqual([11, 22]);
    expect(run({ w, x: 1 }).toNested()).toEqual([2, 3]);
  });

  test("runs where its residents live, also when other residents of the same form live elsewhere", () => {
    const { run, traces } = counted((x) => x.mul(2));
    const on = (backend: Backend, value: number) => run(resident(array([value]), { backend })).item();
    expect([on(wasm, 1), on(other, 2), on(referenceBackend(), 3), on(wasm, 4), on(other, 5)]).toEqual([2, 4, 6, 8, 10]);
    expect(traces).toHaveLength(3);
  });

  test("follows the current backend where nothing else says where it runs", async () => {
    const { run, traces } = counted((x) => x.mul(2));
    await startBackend("reference");
    expect(run(array([1])).item()).toBe(2);
    const started = await startBackend("wasm", { threads: 1 });
    expect(run(array([2])).item()).toBe(4);
    expect((run as unknown as { plan(x: NdArray): string }).plan(array([2]))).toMatch(/elementwise \[1\]/);
    expect(traces).toHaveLength(2);
    await startBackend("reference");
    await started.close();
  });

  test("has the gradient of a matrix that is read transposed as that matrix lies: a product, and nothing is turned", async () => {
    const started = await startBackend("wasm", { threads: 1 });
    const { run } = counted((x, w) => {
      const y = matmul(x, transpose(w));
      return gradients(sum(mul(y, y)), [w])[0]!;
    });
    const [x, w] = [array([[1, 2, 3], [1, 0, 0]]), array([[1, 0, 2], [3, 1, 1]])]; // biome-ignore format: one line
    expect(run(x, w).data).toEqual(Float32Array.of(16, 28, 42, 22, 32, 48));
    const planned = (run as unknown as { plan(...xs: NdArray[]): string }).plan(x, w);
    expect(planned.match(/gemm|elementwise/g)).toEqual(["gemm", "gemm"]);
    await startBackend("reference");
    await started.close();
  });

  test("refuses residents of another backend than its own, before and after a call that fits", () => {
    const { run } = counted((x) => x.mul(2), { backend: wasm });
    const here = resident(array([1]), { backend: wasm });
    const there = resident(array([1]), { backend: other });
    const refusal = /^compile: the argument at 0 lives on the wasm backend, the function runs on wasm$/;
    expect(() => run(there)).toThrow(refusal);
    expect(run(here).item()).toBe(2);
    expect(() => run(there)).toThrow(refusal);
    const mixed = counted((x, y) => x.add(y)).run;
    expect(mixed(here, here).item()).toBe(2);
    expect(() => mixed(here, there)).toThrow(/the argument at 1 lives on/);
  });

  test("refuses what is no array, with its place, before and after a call that fits", () => {
    const { run } = counted((x) => x.mul(2), { backend: wasm });
    for (const wrong of ["1", null, undefined, new Uint8Array(1), new Map()]) {
      expect(() => run(wrong)).toThrow(UserError);
      expect(() => run(wrong)).toThrow(/^compile: the argument at 0 must be an array or a number, received /);
    }
    expect(run(array([1])).item()).toBe(2);
    expect(() => run("1")).toThrow(/at 0 must be an array or a number, received "1"/);
  });

  test("gives results in the form that the function has, and new arrays at each call", () => {
    const f = compile((x: Tensor) => ({ z: [x.add(1), { y: x.add(2) }], a: x.add(3), none: [] }), { backend: wasm });
    const [first, second] = [f(array([1])), f(array([2]))] as never as { z: [NdArray, { y: NdArray }]; a: NdArray }[];
    expect(Object.keys(first!)).toEqual(["z", "a", "none"]);
    expect([first!.z[0].item(), first!.z[1].y.item(), first!.a.item()]).toEqual([2, 3, 4]);
    expect([second!.z[0].item(), second!.z[1].y.item(), second!.a.item()]).toEqual([3, 4, 5]);
  });
});

test("a Resident reads back in its own form", () => {
  const s = resident({ b: [array([1, 2])], a: array(3) }, { backend: wasm });
  expect(s).toBeInstanceOf(Resident);
  expect(s.read().b[0]!.toNested()).toEqual([1, 2]);
  expect(s.read().a.item()).toBe(3);
});

describe("trees with odd keys, through a compiled function", () => {
  const keyed = (text: string, f: (x: number) => unknown): never =>
    JSON.parse(text, (_, x) => (typeof x === "number" ? f(x) : x)) as never;
  const text = (tree: unknown): string =>
    JSON.stringify(tree, (_, x) => (x instanceof Object && "data" in x ? (x as NdArray).item() : x));
  const forms = [
    '{"a.b":1,"a":{"b":2,"":3},"":{"":4}}',
    '{"__proto__":1,"constructor":{"__proto__":2},"b":3}',
    '{"9":1,"10":2,"b":3,"a":[4,[5],{"0":6}]}',
    '{"a:float32[];1":1,"a":2,"\\"a\\"":3}',
  ];

  test.each(forms)("%s keeps each value at its place as input, output and state", (form) => {
    for (const backend of [wasm, referenceBackend()]) {
      const once = compile((x: never) => x, { backend }) as unknown as Call;
      expect(text(once(keyed(form, (x) => array(x))))).toBe(form);
      const step = compile(
        (s: never, by: Tensor) => ({ state: mapTree(s, (x: Tensor) => x.mul(by)), seen: s }) as never,
        {
          backend,
        },
      ) as unknown as Call;
      const state = resident(
        keyed(form, (x) => array(x)),
        { backend },
      );
      expect(text((step(state, 10) as unknown as { seen: unknown }).seen)).toBe(form);
      expect(text(state.read())).toBe(text(keyed(form, (x) => 10 * x)));
      state.write(keyed(form, (x) => array(-x)) as never);
      expect(text(state.read())).toBe(text(keyed(form, (x) => -x)));
    }
  });

  test("are traced anew for another order of keys, an object for an array, and an empty branch: as if f were called", () => {
    const f = (tree: unknown): unknown => {
      const items = Array.isArray(tree)
        ? [...tree, ...tree]
        : Object.values(tree as Record<string, Tensor | unknown[]>);
      return (items.filter((x) => !Array.isArray(x)) as Tensor[])
        .reduce((a, b) => a.mul(10).add(b))
        .add(1000 * items.length);
    };
    const { run, traces } = counted(f as never, { backend: wasm });
    const calls: [unknown, number][] = [
      [{ a: 1, b: 2 }, 2012],
      [{ b: 2, a: 1 }, 2021],
      [{ a: 1, b: 2, none: [] }, 3012],
      [{ 0: 1, 1: 2 }, 2012],
      [{ a: 3, b: 4 }, 2034],
    ];
    for (const [tree, want] of calls) expect(run(tree).item()).toBe(want);
    expect(run([1, 2]).item()).toBe(4000 + 1212);
    expect(traces).toHaveLength(5);
    const on = (tree: Record<string, NdArray>) => resident(tree, { backend: wasm });
    expect(run(on({ a: array(5), b: array(6) })).item()).toBe(2056);
    expect(run(on({ b: array(6), a: array(5) })).item()).toBe(2065);
  });

  test("a hole or an inherited value is an error with its place, and never another's value", () => {
    const { run } = counted((x) => x, { backend: wasm });
    const sparse: unknown[] = [array([1])];
    sparse[2] = array([3]);
    expect(() => run({ "a.b": sparse })).toThrow(
      /^compile: the argument at 0\."a\.b"\.1 must be an array or a number, received undefined: an argument or a key is missing$/,
    );
    expect(() => run(Object.create({ w: array([1]) }))).toThrow(/^compile: the argument at 0 must be an array/);
    const gap = counted((x) => Object.assign([x], { 2: x }), { backend: wasm }).run;
    expect(() => gap(1)).toThrow(/^compile: the function's result at 1 must be a tensor, received undefined$/);
  });

  test("a resident's tree is its own: changing the one it was made from changes nothing", () => {
    const from = resident({ w: array([1]), b: array([2]) }, { backend: wasm }).tree as unknown as Record<string, never>;
    const tree = { ...from };
    const mine = new Resident<{ w: Tensor }>(tree as never, wasm);
    tree.w = from.b!;
    expect((mine.read() as unknown as { w: NdArray }).w.item()).toBe(1);
    expect(() => new Resident({ w: array([1]) } as never, wasm)).toThrow(
      /^resident: w must be an array on the wasm backend$/,
    );
    expect(() => new Resident(from as never, other)).toThrow(UserError);
  });
});
