import { expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { array } from "../../graph/index.ts";
import { input } from "../../graph/ops/input.ts";
import { NativeHeap } from "../native/heap.ts";
import { EngineBackend } from "./engine.ts";

/** A backend whose kernels do as they are told. */
class FakeBackend extends EngineBackend {
  constructor(dispatch: () => number) {
    const heap = new NativeHeap(() => 64);
    const kernels = {
      kind: "wasm" as const,
      dispatch,
      status: () => ({ code: 1, instruction: 0, value: 9 }),
      gemmScratch: () => 0,
    };
    super({ name: "fake", kernels, heap, flags: 0, info: { instructionSet: "none", threads: 1 } });
  }

  protected async end(): Promise<void> {}
}

const begin = (dispatch: () => number) => {
  const backend = new FakeBackend(dispatch);
  const tensor = input("x", { shape: [2], dtype: "float32" });
  const inputs = [{ name: "x", tensor, resident: true }];
  const storage = backend.allocate(tensor);
  backend.write(storage, Float32Array.of(1, 2));
  const program = backend.prepare({ inputs, outputs: [], updates: [{ input: 0, value: tensor.add(1) }] });
  return { backend, storage, run: () => program.run([storage]) };
};

test("after a call that broke off in the middle a backend gives out none of what it holds", () => {
  const trap = new Error("unreachable");
  const { backend, storage, run } = begin(() => {
    throw trap;
  });
  expect(backend.read(storage)).toEqual(Float32Array.of(1, 2));
  expect(run).toThrow(trap);
  for (const use of [run, () => backend.read(storage)]) {
    expect(use).toThrow(UserError);
    expect(use).toThrow(
      /^fake: a call broke off in the middle, so the arrays on this backend may be half-written: start another backend$/,
    );
  }
});

test("after an index that names no row it goes on", () => {
  const { backend, storage, run } = begin(() => 1);
  expect(run).toThrow(/has no index, received 9$/);
  expect(backend.read(storage)).toEqual(Float32Array.of(1, 2));
});

test("a heap refuses addresses and sizes that are not its own, and hands out places as before", () => {
  const heap = new NativeHeap(() => 64);
  const address = heap.take(16);
  const four = array([1, 2, 3, 4]);
  heap.put(address, four.data);
  for (const bytes of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => heap.take(bytes)).toThrow();
  for (const at of [Number.NaN, -64, 0, address + 2 ** 40]) {
    expect(() => heap.put(at, four.data)).toThrow();
    expect(() => heap.get(at, four)).toThrow();
  }
  const last = address + 4 * 2 ** 20 - 8;
  expect(() => heap.put(last, four.data)).toThrow();
  expect(() => heap.get(last, four)).toThrow();
  expect(heap.get(address, four)).toEqual(four.data);
  expect(heap.take(16)).toBe(address + 64);
});
