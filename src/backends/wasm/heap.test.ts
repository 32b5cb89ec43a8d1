import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { UserError } from "../../errors.ts";
import { array, type Tensor } from "../../graph/index.ts";
import { WasmHeap } from "./heap.ts";
import { type WasmBackend, wasmBackend } from "./wasm.ts";

test("pieces don't overlap, start at multiples of 64 bytes, and are used again", () => {
  const heap = new WasmHeap(false);
  heap.startAt(1000);
  const [a, b, c] = [heap.take(100), heap.take(1), heap.take(64)];
  for (const address of [a, b, c]) expect(address % 64).toBe(0);
  expect(a).toBeGreaterThanOrEqual(1000);
  expect([b - a, c - b]).toEqual([128, 64]);
  heap.give(a);
  heap.give(b);
  expect(heap.take(190)).toBe(a);
});

test("memory grows with what is taken, and its views with it", () => {
  const heap = new WasmHeap(true);
  const before = heap.f32;
  const address = heap.take(40 * 2 ** 20);
  expect(heap.memory.buffer.byteLength).toBeGreaterThanOrEqual(address + 40 * 2 ** 20);
  heap.f32[(address + 40 * 2 ** 20) / 4 - 1] = 5;
  expect(heap.f32 === before).toBe(false); // not toBe, which would compare every number to word its failure
  expect(heap.f32[(address + 40 * 2 ** 20) / 4 - 1]).toBe(5);
  expect(heap.i32[(address + 40 * 2 ** 20) / 4 - 1]).toBe(new Int32Array(Float32Array.of(5).buffer)[0]);
});

test("more than the engine gives is refused with both numbers, and nothing is lost by it", () => {
  const heap = new WasmHeap(false);
  const first = heap.take(64);
  expect(() => heap.take(5 * 2 ** 30)).toThrow(/5120 MiB of memory are needed, this engine gives at most \d+;/);
  expect(() => heap.take(5 * 2 ** 30)).toThrow(UserError);
  expect(heap.take(64)).toBe(first + 64);
});

test("a number and a flat array are a scalar and a vector on the backend", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const state = resident({ rate: 0.5, w: array([1, 2, 3]) }, { backend });
  expect(state.read().rate.shape).toEqual([]);
  expect(state.read().w.toNested()).toEqual([1, 2, 3]);
  await backend.close();
});

test("a plan that is too large gives back what it had taken", async () => {
  const backend = (await wasmBackend({ threads: 1 })) as WasmBackend;
  const before = backend.heap.take(64);
  backend.heap.give(before);
  // 2e9 numbers in between are more than 4 GiB; what goes in is small.
  const outer = compile(
    (x: Tensor) =>
      x
        .reshape([100_000, 1])
        .mul(x.slice(0, 20_000).reshape([1, 20_000]))
        .exp()
        .sum(0)
        .tanh()
        .sum(),
    { backend },
  );
  expect(() => outer(new Float32Array(100_000))).toThrow(/MiB of memory are needed/);
  expect(backend.heap.take(64)).toBe(before);
  await backend.close();
});

test("a closed backend lets go of its memory, though it and what ran on it are still held", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const backend = (await wasmBackend({ threads: 2 })) as WasmBackend;
  const add = compile((x: Tensor) => ({ state: x.add(1) }), { backend });
  const x = resident(array([1, 2]), { backend });
  add(x);
  const memory = new WeakRef(backend.heap.memory);
  await backend.close();
  await new Promise((resume) => setTimeout(resume, 1)); // a WeakRef keeps its target to the end of a task
  gc();
  expect(memory.deref()).toBeUndefined();
  expect([backend.isClosed, x.backend]).toEqual([true, backend]);
  expect(() => add(x)).toThrow("closed");
});
