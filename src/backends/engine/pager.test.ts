/** Memory of what nobody refers to any more, where the event loop has no turn: that of steps in a plain loop. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { howMany } from "../../../test/support/full.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { UserError } from "../../errors.ts";
import { array, matmul, NdArray, type Tensor } from "../../graph/index.ts";
import { nativeBackend } from "../native/native.ts";
import { nativeSets } from "../testing/native.ts";
import { wasmBackend } from "../wasm/wasm.ts";
import type { EngineBackend } from "./engine.ts";

const MIB = 2 ** 20;
const started: EngineBackend[] = [];
const start = {
  wasm: async () => keep(await wasmBackend({ threads: 1 })),
  native: async () => keep(await nativeBackend({ threads: 1 })),
};
/** One that sweeps a sixteenth as late, so that few steps show it. */
function keep(backend: unknown): EngineBackend {
  const engine = backend as EngineBackend;
  Object.assign(engine.pager.least, { bytes: 2 * MIB, tenants: 256 });
  started.push(engine);
  return engine;
}
/** What a wasm memory begins with, and some. */
const SOME = 21 * MIB;
afterAll(() => Promise.all(started.map((backend) => backend.close())));

const filled = (value: number, shape: number[]) =>
  new NdArray(new Float32Array(shape.reduce((n, m) => n * m, 1)).fill(value), shape);

describe.each(nativeSets.length > 0 ? (["wasm", "native"] as const) : (["wasm"] as const))("%s", (name) => {
  test("a fresh resident at each of many steps takes no more memory than some", async () => {
    const backend = await start[name]();
    const held = resident({ w: filled(0, [64, 256]) }, { backend });
    const step = compile(
      (p: { w: Tensor }, { x }: { x: Tensor }) => ({ state: { w: p.w.add(x) }, first: x.slice([0, 0], [1, 1]).sum() }),
      { backend },
    );
    let sum = 0;
    // 64 kB each: without reclaim these would be 66 MB.
    for (let i = 0; i < 1000; i++)
      sum += step(held, resident({ x: filled(i % 7, [64, 256]) }, { backend })).first.item();
    expect(sum).toBe(2997);
    expect(held.read().w.data.every((w) => w === 2997)).toBe(true);
    expect(backend.heap.bytes).toBeLessThanOrEqual(SOME);
  });

  test("nor does it with turns of the event loop in between, whose finalizers free some", async () => {
    const backend = await start[name]();
    const kept = resident(filled(1, [64, 1024]), { backend });
    const first = compile((x: Tensor, y: Tensor) => x.add(y).max(), { backend });
    for (let i = 0; i < howMany(1500, 300); i++) {
      expect(first(kept, resident(filled(i, [64, 1024]), { backend })).item()).toBe(i + 1);
      if (i % 15 === 0) await new Promise((resume) => setImmediate(resume));
    }
    expect(backend.heap.bytes).toBeLessThanOrEqual(SOME);
  });

  test("nor do fresh residents that are state, used several times, nor fresh programs", async () => {
    const backend = await start[name]();
    for (let i = 0; i < 150; i++) {
      const state = resident(filled(i, [64, 1024]), { backend });
      const step = compile((w: Tensor) => ({ state: w.add(1), last: w.max() }), { backend });
      for (let j = 0; j < 3; j++) expect(step(state).last.item()).toBe(i + j);
    }
    expect(backend.heap.bytes).toBeLessThanOrEqual(SOME);
  });

  test("many small ones neither", async () => {
    const backend = await start[name]();
    const step = compile((w: Tensor) => ({ state: w.mul(2) }), { backend });
    for (let i = 0; i < 2000; i++) {
      const state = resident(array([i, 1]), { backend });
      step(state);
      if (i % 500 === 0) expect(state.read().toNested()).toEqual([2 * i, 2]);
    }
    expect(backend.pager.size).toBeLessThan(2 * 256 + 2);
  });

  test("what is collected gives its memory back at a turn of the event loop, without a sweep", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const backend = await start[name]();
    const { size } = backend.pager;
    for (let i = 0; i < 20; i++) {
      compile((x: Tensor) => x.max(), { backend })(resident(filled(1, [64]), { backend }));
    }
    expect(backend.pager.size).toBe(size + 40);
    // When finalizers run is the engine's affair: seconds later, beside other work.
    for (let i = 0; i < 500 && backend.pager.size > size + 4; i++) {
      await new Promise((resume) => setTimeout(resume, Math.min(i, 20)));
      gc();
    }
    expect(backend.pager.size).toBeLessThanOrEqual(size + 4);
  });

  test("what has moved out comes back with its numbers, as state and as an argument, and can be read and written meanwhile", async () => {
    const backend = await start[name]();
    const step = compile(
      (s: { w: Tensor; n: Tensor }, x: Tensor) => ({
        state: { w: s.w.add(matmul(x, s.w)), n: s.n.add(1) },
        y: s.w.sum(),
      }),
      { backend },
    );
    const state = resident(
      {
        w: array([
          [1, 2],
          [3, 4],
        ]),
        n: array(Int32Array.of(5)),
      },
      { backend },
    );
    const x = resident(
      array([
        [0, 1],
        [1, 0],
      ]),
      { backend },
    );
    const before = step(state, x).y.item();
    const other = compile((a: Tensor) => a.sum(), { backend });
    const churn = () => {
      for (let i = 0; i < 10; i++) other(resident(filled(1, [MIB]), { backend }));
    };
    const at = () =>
      [...state.storages, ...x.storages].map((s) => (s as never as { block: { address: number } }).block.address);
    churn();
    expect(at()).toEqual([-1, -1, -1]);
    expect([state.read().w.toNested(), state.read().n.toNested()]).toEqual([
      [
        [4, 6],
        [4, 6],
      ],
      [6],
    ]);
    x.write(
      array([
        [1, 0],
        [0, 1],
      ]),
    );
    expect(step(state, x).y.item()).toBe(before + 10);
    expect(at().every((address) => address > 0)).toBe(true);
    expect(state.read().w.toNested()).toEqual([
      [8, 12],
      [8, 12],
    ]);
    churn();
    x.write(
      array([
        [0, 0],
        [0, 0],
      ]),
    );
    step(state, x);
    expect([state.read().w.toNested(), state.read().n.toNested()]).toEqual([
      [
        [8, 12],
        [8, 12],
      ],
      [8],
    ]);
  });

  test("a call whose arguments come back keeps them all, though there is no room for anything else", async () => {
    const backend = await start[name]();
    const parts = Array.from({ length: 6 }, (_, i) => resident(filled(i + 1, [MIB]), { backend }));
    const add = compile((...xs: Tensor[]) => xs.reduce((a, b) => a.add(b)).max(), { backend });
    const other = compile((a: Tensor) => a.sum(), { backend });
    for (let i = 0; i < 10; i++) other(resident(filled(1, [MIB]), { backend }));
    // From now on a block is had only by moving others out.
    const { heap } = backend;
    const take = heap.take.bind(heap);
    let refusals = 0;
    heap.take = (bytes) => {
      if (bytes >= MIB && refusals++ % 2 === 0) throw new UserError("full");
      return take(bytes);
    };
    expect(add(...(parts as never[])).item()).toBe(21);
    expect(refusals).toBeGreaterThan(6);
    parts.forEach((part, i) => {
      expect(part.read().data[MIB - 1]).toBe(i + 1);
    });
    heap.take = () => {
      throw new UserError("full");
    };
    expect(() => resident(filled(0, [MIB]), { backend })).toThrow("full");
    heap.take = take;
    expect(add(...(parts as never[])).item()).toBe(21);
  });

  test("dispose() gives memory back at once, and what is used afterwards is an error", async () => {
    const backend = await start[name]();
    const sum = compile((a: { x: Tensor }) => a.x.sum(), { backend });
    const addresses = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const x = resident({ x: filled(i, [MIB]) }, { backend });
      addresses.add((x.storages[0] as never as { block: { address: number } }).block.address);
      expect(sum(x).item()).toBe(i * MIB);
      x.dispose();
      x.dispose();
      for (const use of [() => x.read(), () => x.write({ x: filled(1, [MIB]) }), () => sum(x)])
        expect(use).toThrow("resident: dispose() has given its memory back, it can't be used any more");
    }
    expect(addresses.size).toBe(1);
  });

  test("after close() everything says that the backend was closed", async () => {
    const backend = await start[name]();
    const sum = compile((a: Tensor) => a.sum(), { backend });
    const x = resident(array([1, 2]), { backend });
    sum(x);
    sum(array([1, 2, 3]));
    await backend.close();
    await backend.close();
    const closed = `${name}: this backend was closed, and what it held is gone: read results before close(), or start another with backend()`;
    for (const use of [
      () => x.read(),
      () => x.write(array([3, 4])),
      () => sum(x),
      () => sum(array([1, 2, 3])),
      () => sum(array([1])),
      () => resident(array([1]), { backend }),
      () => compile((a: Tensor) => a.max(), { backend })(array([1])),
    ])
      expect(use).toThrow(closed);
    x.dispose();
  });
});
