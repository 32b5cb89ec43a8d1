/** Whole programs with state: fusion, order, updates in place and memory, against the reference. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { full, howMany } from "../../test/support/full.ts";
import { type CompileOptions, compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import * as ops from "../graph/index.ts";
import { array, type NdArray, type Shape, sameShape, type Tensor } from "../graph/index.ts";
import { type Fusion, fusions } from "../plan/fusion.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { referenceBackend } from "./reference/reference.ts";
import { anyLine, follow, type Line, shapes, start } from "./testing/random-program.ts";
import { type WasmBackend, wasmBackend } from "./wasm/wasm.ts";

let wasm: Backend;
beforeAll(async () => {
  wasm = await wasmBackend({ threads: 2 });
});
afterAll(() => wasm.close());

test("random programs with state, swaps among them, agree with the reference over several steps, whatever is fused", () => {
  const program = fc.record({
    states: fc.array(fc.constantFrom(...shapes), { minLength: 1, maxLength: 6 }),
    lines: fc.array(anyLine, { minLength: 1, maxLength: 24 }),
    picks: fc.array(fc.nat(99), { minLength: 6, maxLength: 6 }),
    // Half of the programs are planned with everything, as users have it.
    without: fc.option(fc.subarray([...fusions]), { nil: [], freq: 1 }),
  });
  type Case = { states: Shape[]; lines: Line[]; picks: number[]; without: Fusion[] };
  const run = (backend: Backend, { states, lines, picks, without }: Case) => {
    const state = resident(states.map(start), { backend });
    const step = compile(
      (old: readonly Tensor[], x: Tensor) => {
        const values = [...old, x];
        for (const each of lines) {
          const next = follow(values, each);
          if (next) values.push(next);
        }
        // Any value of the right shape may become the new state: an input, another state, the same value twice.
        const next = old.map((s, i) => {
          const fit = values.filter((v) => sameShape(v.shape, s.shape));
          return fit[(fit.length - 1 - (picks[i]! % 4) + 4 * fit.length) % fit.length]!;
        });
        return { state: next, last: values.at(-1)!, first: old[0]! };
      },
      { backend, without },
    );
    const seen: NdArray[] = [];
    for (let i = 0; i < 3; i++) {
      const { last, first } = step(state as never, start([3, 4], i) as never) as unknown as {
        last: NdArray;
        first: NdArray;
      };
      seen.push(last, first, ...(state.read() as unknown as NdArray[]));
    }
    return seen;
  };
  fc.assert(
    fc.property(program, (p) => {
      const wanted = run(referenceBackend(), p);
      run(wasm, p).forEach((x, k) => {
        x.data.forEach((v, i) => {
          const want = wanted[k]!.data[i]!;
          // A comparison of nearly equal numbers may fall either way once they were rounded differently; that hardly ever happens.
          if (!(Math.abs(v - want) <= 1e-4 * (1 + Math.abs(want))))
            expect.fail(`array ${k} at ${i}: ${v}, not ${want}`);
        });
      });
    }),
    { seed: 11, numRuns: howMany(300, 60) },
  );
});

describe("a plan", () => {
  const dense = (units: number) => ({
    w: array(new Float32Array(8 * units), { shape: [8, units] }),
    b: array(new Float32Array(units)),
  });
  const momentumStep = (activation: (a: Tensor) => Tensor, options: CompileOptions = {}) => {
    type Layer = { w: Tensor; b: Tensor };
    return compile(
      ({ p, m }: { p: Layer; m: Layer }, x: Tensor) => {
        const [loss, g] = ops.valueAndGrad((q: Layer) => activation(ops.matmul(x, q.w).add(q.b)).square().mean())(p);
        const next = { w: m.w.mul(0.9).add(g.w), b: m.b.mul(0.9).add(g.b) };
        return { state: { p: { w: p.w.sub(next.w.mul(0.1)), b: p.b.sub(next.b.mul(0.1)) }, m: next }, loss };
      },
      { backend: wasm, ...options },
    );
  };
  const state = () => resident({ p: dense(5), m: dense(5) } as never, { backend: wasm });

  test("puts bias and activation into the product, and the update into the weight gradient's product", () => {
    const text = momentumStep(ops.rectifier).plan(state() as never, start([3, 8], 0) as never);
    expect(text).toMatch(/gemm \[3, 8\] × \[8, 5\] {2}1, 0\.p\.w\n *t0 = add result, 0\.p\.b\n *\S+ = relu t0/);
    expect(text).toMatch(
      /gemm \[8, 3\] × \[3, 5\].*\n.*\[0\.m\.w\] = muladd 0\.m\.w, 0\.9, result\n(.*\n)*?.*\[0\.p\.w\] = /,
    );
  });

  test("works one example's gradient out element by element, in one pass with the update", () => {
    const text = momentumStep(ops.rectifier).plan(state() as never, start([1, 8], 0) as never);
    expect(text.match(/gemm/g)).toHaveLength(1);
    expect(text).toMatch(
      /elementwise \[8, 5\]\n *\S+ = mul 1, arena.*\n(.*\n)?.*\[0\.m\.w\] = .*\n(.*\n)?.*\[0\.p\.w\] = /,
    );
  });

  test("leaves out the fusions it is told to, and no other", () => {
    const planWithout = (...without: Fusion[]) =>
      momentumStep(ops.rectifier, { without }).plan(state() as never, start([3, 8], 0) as never);
    const activation = /gemm \[3, 8\] × \[8, 5\].*\n.*add result, 0\.p\.b\n.* = relu/;
    const update = /gemm \[8, 3\] × \[3, 5\].*\n.*muladd 0\.m\.w, 0\.9, result\n(.*\n)*?.*\[0\.p\.w\] = /;
    const chain = /elementwise \[5\]\n.*\[0\.m\.b\] = .*\n(?:(?! *\d+ {2}).*\n)?.*\[0\.p\.b\] = /;
    const found = (text: string) => [activation, update, chain].map((part) => part.test(text));
    expect(found(planWithout())).toEqual([true, true, true]);
    expect(found(planWithout("epilogue"))).toEqual([false, true, true]);
    expect(found(planWithout("update"))).toEqual([true, false, true]);
    expect(found(planWithout("chain"))).toEqual([true, true, false]);
    const apart = planWithout(...fusions);
    expect(apart).not.toMatch(/gemm .*\n.* (?!move )\w+ .*\bresult\b/);
    // Each elementwise operation a pass of its own; a product and a sum become one step as soon as they share a tape.
    expect(apart).not.toMatch(/elementwise .*\n +\S+ = .*\n +\S+ = /);
    expect(() => planWithout("tile" as never)).toThrow(
      /^compile: without must name some of epilogue, update, chain, rows, received "tile"$/,
    );
  });

  test("takes for an update all that lies between the gradient and the new state, and nothing else", () => {
    const without: Fusion[] = ["update"];
    const descend = (w: Tensor, x: Tensor) => {
      const y = ops.matmul(x, w);
      const moved = ops.matmul(ops.transpose(x), y).mul(0.1);
      return { state: w.sub(moved.tanh()), y: y.add(1), moved };
    };
    const plain = compile(descend, { backend: wasm, without });
    const text = plain.plan(resident(start([8, 5], 0), { backend: wasm }) as never, start([3, 8], 0));
    expect(text).toMatch(/gemm \[3, 8\] × \[8, 5\].*\n.* = add result, 1\n/);
    expect(text).toMatch(/gemm \[8, 3\] × \[3, 5\].*\n.* = move result\n.*elementwise/);
    // Twice x leads to the new state and to what follows the product: it takes the update along into no tile.
    const shared = (s: Tensor, x: Tensor) => {
      const twice = x.mul(2);
      return { state: s.add(twice), y: ops.matmul(x, x).add(twice) };
    };
    const both = compile(shared, { backend: wasm, without });
    const plan = both.plan(resident(start([4, 4], 0), { backend: wasm }) as never, start([4, 4], 1));
    expect(plan).toMatch(/mul 1, 2\n.* = add 0, .*\n.*gemm .*\n.* = add result, arena/);
  });

  test("works the sigmoid's slope out again rather than storing it", () => {
    const step = compile(
      (w: { a: Tensor; b: Tensor }, x: Tensor) =>
        ops.grad((p: { a: Tensor; b: Tensor }) => ops.matmul(ops.matmul(x, p.a).sigmoid(), p.b).square().mean())(w),
      { backend: wasm },
    );
    const text = step.plan({ a: start([8, 5], 0), b: start([5, 2], 1) }, start([3, 8], 2));
    const first = text.slice(text.indexOf("   0  "), text.indexOf("   1  "));
    expect(first).toMatch(/= sigmoid result\n$/);
    expect(text.slice(first.length)).toMatch(/sub 1, arena/);
  });

  test("finishes a value before it is read in another order: transposed, repeated or in part", () => {
    const f = (x: Tensor) => {
      const u = x.tanh();
      return [
        u.mul(ops.transpose(u)),
        u.add(ops.slice(u, [1, 0], [2, 60])),
        u.sub(ops.reshape(ops.transpose(u), [3600]).reshape([60, 60])),
      ];
    };
    const x = start([60, 60], 0);
    const run = (backend: Backend) => compile(f, { backend })(x) as unknown as NdArray[];
    const wanted = run(referenceBackend());
    run(wasm).forEach((y, k) => {
      y.data.forEach((v, i) => expect(Math.abs(v - wanted[k]!.data[i]!)).toBeLessThan(1e-6));
    });
  });

  test("swaps two states through memory of their own", () => {
    const swap = compile((s: { a: Tensor; b: Tensor }) => ({ state: { a: s.b, b: s.a } }), { backend: wasm });
    const s = resident({ a: array([1, 2]), b: array([3, 4]) }, { backend: wasm });
    swap(s);
    expect(s.read().a.toNested()).toEqual([3, 4]);
    expect(s.read().b.toNested()).toEqual([1, 2]);
    swap(s);
    expect(s.read().a.toNested()).toEqual([1, 2]);
  });

  test("gives the old value of a state that it replaces", () => {
    const bump = compile((s: Tensor) => ({ state: s.add(1), old: s }), { backend: wasm });
    const s = resident(array([5]), { backend: wasm });
    expect(bump(s).old.toNested()).toEqual([5]);
    expect(bump(s).old.toNested()).toEqual([6]);
    expect(s.read().toNested()).toEqual([7]);
  });

  test.skipIf(!full)("stays as long as its program: twice the chain, twice the instructions", () => {
    const count = (n: number): number => {
      const f = (x: Tensor): Tensor => {
        let y = x;
        for (let i = 0; i < n; i++) y = i % 2 ? y.mul(0.999) : y.sin();
        return y.sum();
      };
      const run = compile((x: Tensor) => ops.grad(f)(x), { backend: wasm });
      expect(run(start([7], 0)).data.every(Number.isFinite)).toBe(true);
      return Number.parseInt(run.plan(start([7], 0)), 10);
    };
    const [short, long] = [count(2500), count(5000)];
    expect(long / short).toBeGreaterThan(1.9);
    expect(long / short).toBeLessThan(2.1);
  });

  test("an unrolled recurrence of 1,000 steps differentiates and agrees with the reference", () => {
    const f = (w: Tensor, x: Tensor): Tensor => {
      let h = x;
      for (let i = 0; i < 1000; i++) h = ops.matmul(h, w).add(x).tanh();
      return h.sum();
    };
    const both = [wasm, referenceBackend()].map((backend) =>
      compile((w: Tensor, x: Tensor) => ops.grad(f)(w, x), { backend })(start([6, 6], 0), start([2, 6], 1)),
    );
    both[0]!.data.forEach((v, i) => expect(v).toBeCloseTo(both[1]!.data[i]!, 3));
  });
});

test("100,000 steps leave memory as it was", { timeout: 300_000 }, () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const step = compile(
    (s: { w: Tensor; t: Tensor }, x: Tensor) => ({
      state: { w: s.w.sub(ops.matmul(ops.transpose(x), ops.matmul(x, s.w)).mul(0.01)), t: s.t.add(1) },
      noise: key(1).fold(s.t).uniform([3]).sum(),
    }),
    { backend: wasm },
  );
  const s = resident({ w: start([8, 5], 0), t: array(Int32Array.of(0), { shape: [] }) }, { backend: wasm });
  const x = start([4, 8], 2);
  const used = (): { script: number; kernels: number } => {
    gc();
    return { script: process.memoryUsage().heapUsed, kernels: (wasm as WasmBackend).heap.memory.buffer.byteLength };
  };
  for (let i = 0; i < 2000; i++) step(s, x);
  const before = used();
  for (let i = 0; i < 100_000; i++) step(s, x);
  const after = used();
  expect(s.read().t.item()).toBe(102_000);
  expect(after.kernels).toBe(before.kernels);
  // A leak of one number a step would be 800 kB.
  expect(after.script - before.script).toBeLessThan(400_000);
});

test.skipIf(!full)("memory of arrays and plans that nobody holds is used again", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const heap = (wasm as WasmBackend).heap;
  const numbers = start([1000, 1000], 0);
  const big = (): void => {
    const s = resident(numbers, { backend: wasm });
    compile((t: Tensor) => ({ state: t.mul(2) }), { backend: wasm })(s);
  };
  for (let i = 0; i < 60; i++) {
    big();
    gc();
    await new Promise((resume) => setTimeout(resume, 1)); // finalizers run between tasks
  }
  // 60 arrays of 4 MB would be 240 MB.
  expect(heap.memory.buffer.byteLength).toBeLessThan(120e6);
});
