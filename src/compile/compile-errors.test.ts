/** What a user can give to `compile`, `resident` and `backend` by mistake, and what the message says. */
import { beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { stack } from "../graph/ops/stack.ts";
import { sum } from "../graph/ops/sum.ts";
import {
  type Arrays,
  array,
  type Backend,
  backend,
  compile,
  grad,
  type NdArray,
  resident,
  type Tensor,
} from "../index.ts";

const call = (f: unknown, ...args: unknown[]): NdArray =>
  (compile(f as (...xs: Tensor[]) => Tensor) as unknown as (...xs: unknown[]) => NdArray)(...args);

/** Throws unless the call is refused in one message of the user's words. */
function expectRefused(make: () => unknown, message: string | RegExp): void {
  expect(make).toThrow(UserError);
  expect(make).toThrow(message);
  expect(make).not.toThrow(/^[^\n]*(src\/|node native|lowering|undefined \(|reading ')/);
}

const vector = array([1, 2]);

describe.each(["reference", "wasm"] as const)("on %s", (name) => {
  let here: Backend;
  beforeAll(async () => {
    here = await backend(name, { threads: 1 });
    return async () => {
      await here.close();
      await backend("reference");
    };
  });

  test("a tensor of another function, or of an earlier call, is named with the op that reads it", () => {
    let kept: Tensor | undefined;
    const keep = compile((x: Tensor) => {
      kept ??= x;
      return x.add(1);
    });
    keep(vector);
    const refusal =
      /^compile: mul reads the input 0 \(float32\[2\]\) of another function or of an earlier call: a tensor is good only while/;
    expectRefused(() => call((x: Tensor) => x.mul(kept!), vector), refusal);
    expectRefused(() => call((x: Tensor) => grad((y: Tensor) => sum(y.mul(kept!)))(x), vector), refusal);
    expectRefused(() => call(() => kept!.neg().exp()), /^compile: neg reads the input 0/);
    expectRefused(() => call(() => kept!), /^compile: the result reads the input 0/);
    const caching = compile((x: Tensor) => kept!.add(x));
    expectRefused(() => caching(array([1])), "of another function or of an earlier call");
    expectRefused(
      () => compile((s: { w: Tensor }) => ({ state: { w: s.w.add(kept!) } }))(resident({ w: vector })),
      "compile: add reads the input 0 (float32[2])",
    );
  });

  test("an op of the user's own says where it runs", () => {
    const half = { name: "half", spec: ([x]: readonly Tensor[]) => x!, reference: () => {} };
    const f = async () => {
      const { apply } = await import("../graph/op.ts");
      return call((x: Tensor) => apply(half as never, [x], undefined), vector);
    };
    return name === "reference"
      ? expect(f()).resolves.toBeDefined()
      : expect(f()).rejects.toThrow("half: an op of one's own runs on the reference backend only, received float32[2]");
  });
});

test("nested numbers are a tree of scalars, not a vector", () => {
  expectRefused(
    () => call((x: Tensor) => sum(x), [1, 2, 3]),
    /^sum: the operand must be a tensor, received \[a tensor float32\[\],.*: stack or concat makes one tensor of several/,
  );
  expect(call((xs: unknown) => sum(stack(xs as Tensor[])), [1, 2, 3]).item()).toBe(6);
});

test("a missing argument, a Resident and a Promise inside a traced function are named, with the line", () => {
  const held = resident(vector);
  expectRefused(
    () => call((x: Tensor, y: Tensor) => x.add(y), vector),
    /^add: operands must be tensors or numbers, received float32\[2\] and undefined: an argument or a key is missing\n.*compile-errors\.test\.ts/,
  );
  expectRefused(
    () => call((p: { w: Tensor; b: Tensor }) => p.w.add(p.b), { w: vector }),
    "an argument or a key is missing",
  );
  expectRefused(
    () => call((x: Tensor) => x.mul(held as never), vector),
    "received float32[2] and a resident: pass it to the compiled function as an argument",
  );
  expectRefused(() => call((x: Tensor) => x.mul(Promise.resolve(2) as never), vector), "and a Promise: await it first");
});

test("an NdArray inside a traced function is a constant with the numbers it holds then, wherever a number may stand", () => {
  const scale = array([10, 100]);
  const f = compile((x: Tensor) => x.mul(scale as never).add(1));
  expect(f(vector).toNested()).toEqual([11, 201]);
  scale.data.fill(0);
  expect(f(vector).toNested()).toEqual([11, 201]);
  expectRefused(
    () => call((x: Tensor) => x.matmul(scale as never), vector),
    "an NdArray float32[2]: constant(...) makes it a tensor",
  );
});

test("a compiled function called within a trace says so", () => {
  const inner = compile((x: Tensor) => x.add(1));
  expectRefused(
    () => call((x: Tensor) => inner(x as never), vector),
    /^compile: the argument at 0 must be .*received a tensor float32\[2\]: compiled functions take arrays; where tensors are at hand/,
  );
});

test.each([
  [3, "compile: the function's result must be a tensor, received 3"],
  [
    undefined,
    "compile: the function's result must be a tensor, received undefined: the function must return something",
  ],
  [null, "compile: the function's result must be a tensor, received null"],
  [vector, "compile: the function's result must be a tensor, received an NdArray float32[2]"],
  [{ a: [vector] }, "compile: the function's result at a.0 must be a tensor, received an NdArray float32[2]"],
  [
    Promise.resolve(),
    "compile: the function's result must be a tensor, received a Promise: the function must not be async",
  ],
])("a function that gives %s is refused", (result, message) => {
  expectRefused(() => call(() => result), message);
});

test("what compile, resident and backend are given is checked", async () => {
  const wrong =
    (...args: unknown[]) =>
    () =>
      (compile as unknown as (...xs: unknown[]) => unknown)(...args);
  const f = (x: Tensor) => x;
  expectRefused(wrong(3), "compile: needs a function, received 3");
  expectRefused(wrong(f, null), "compile: options must be an object of backend, without, received null");
  expectRefused(
    wrong(f, { bakend: 1 }),
    "compile: the options are backend, without (did you mean backend?), received bakend",
  );
  expectRefused(
    wrong(f, { backend: "wasm" }),
    'compile: backend must be one that `await backend(name)` gave, received "wasm"',
  );
  expectRefused(wrong(f, { backend: Promise.resolve() }), "received a Promise");
  expectRefused(wrong(f, { without: "rows" }), "compile: without must be an array of");
  expectRefused(
    () => resident(undefined as never),
    "resident: the value must be an array or a number, received undefined",
  );
  expectRefused(
    () => resident({ a: ["x"] } as never),
    'resident: the value at a.0 must be an array or a number, received "x"',
  );
  expectRefused(() => resident(vector, { backend: "wasm" as never }), "resident: backend must be one that");
  expectRefused(
    () => resident(vector).write("x" as never),
    'write: the array must be an array or a number, received "x"',
  );
  expectRefused(() => resident({ w: vector }).write({ w: {} as Arrays<Tensor> }), /w/);
  await expect(backend("gpu" as never)).rejects.toThrow(
    'backend: the name must be one of auto, reference, wasm, native, received "gpu"',
  );
  await expect(backend("wasm", null as never)).rejects.toThrow("backend: options must be an object, received null");
});

test("numbers beyond float32's range are refused where arguments are given", () => {
  const f = compile((x: Tensor) => x.mul(2));
  for (let times = 0; times < 2; times++) {
    expect(() => f(1e39)).toThrow(
      /^compile: (an|the) argument.*: float32 holds numbers up to 3\.4e38, received 1e\+39$/,
    );
    expect(f(Infinity).item()).toBe(Infinity);
    expect(f(Number.NaN).item()).toBeNaN();
    expect(f(1e-50).item()).toBe(0);
  }
});

test("calls that are nested too deeply are named, and other range errors left alone", () => {
  const deep = (x: Tensor): Tensor => deep(x).add(1);
  expect(() => compile(deep)(1)).toThrow(
    /^compile: the calls of the traced function are nested too deeply for the engine's stack/,
  );
  expect(() => compile((x: Tensor) => x.mul(new Array(-1).length))(1)).toThrow(RangeError);
});
