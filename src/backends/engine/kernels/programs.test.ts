import { afterAll, describe, expect, test } from "vitest";
import {
  Engine,
  elementwise,
  foldKey,
  gemm,
  indexed,
  type Matrix,
  reduce,
  type Tape,
} from "../../../../kernels/harness.ts";
import { expectSame } from "../../testing/blocks-problem.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { remember } from "../../testing/remember.ts";
import { native, randoms } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

test("a malformed program is refused before anything runs", async () => {
  const e = await engine("simd-single");
  expect(e.load(foldKey(e.of([5, 6], "int"), e.of([42], "int"), e.buffer(2)), [99, 2])()).toBe(2);
  expect(e.status().slice(0, 2)).toEqual([2, 1]);
});

/** A program with every kind of instruction, small and shared, each depending on the one before. */
function mixture(e: Engine): { run: (threads?: number) => number; results: () => Int32Array } {
  const [m, n, k] = [100, 300, 257];
  const x = e.of(randoms(m * k, 1));
  const w = e.of(randoms(k * n, 2));
  const key = e.of([1, 2], "int");
  const step = e.of([0], "int");
  const folded = e.buffer(2);
  const packed = e.buffer(e.host.gemmScratchWords(m, n, k) + e.host.gemmScratchWords(k, n, m));
  const [h, s, best, picked, added, gradient, total] = [m * n, n, m, m * n, m * n, k * n, 1].map((size) =>
    e.buffer(size),
  ) as [number, number, number, number, number, number, number];
  const matrix = (buffer: number, row: number, column: number): Matrix => ({ buffer, strides: [0, row, column] });
  const flat = (buffer: number) => ({ buffer, strides: [1] });
  const sample: Tape = {
    inputs: ["result", { immediate: 1 }],
    outputs: [{ buffer: h, strides: [m * n, n, 1] }],
    temps: 2,
    keys: [{ buffer: folded }],
    ops: [
      ["SIGMOID", 3, 0],
      ["NORMAL", 4, 0],
      ["MULADD", 2, 3, 4, 1],
    ],
  };
  const count: Tape = {
    inputs: [flat(step), { immediate: 1, integer: true }],
    outputs: [flat(step)],
    ops: [["I_ADD", 2, 0, 1]],
  };
  const update: Tape = {
    inputs: ["result", { buffer: w, strides: [0, n, 1] }, { immediate: -0.001 }],
    outputs: [
      { buffer: w, strides: [0, n, 1] },
      { buffer: gradient, strides: [0, n, 1] },
    ],
    ops: [
      ["MULADD", 3, 0, 2, 1],
      ["MOVE", 4, 0],
    ],
  };
  const run = e.load(
    foldKey(key, step, folded),
    elementwise([1], count),
    gemm([1, m, n, k], matrix(x, k, 1), matrix(w, n, 1), packed, sample),
    reduce("SUM", false, [1, m, n], h, s),
    reduce("ARGMAX", false, [m, n, 1], h, best),
    elementwise([m, n], {
      inputs: [
        { buffer: h, strides: [n, 1] },
        { buffer: s, strides: [0, 1] },
      ],
      outputs: [{ buffer: picked, strides: [n, 1] }],
      ops: [["MUL", 2, 0, 1]],
    }),
    indexed("SCATTER_ADD", [m, m, n], picked, e.of(randoms(m, 9, 0, m).map(Math.floor), "int"), added),
    gemm([1, k, n, m], matrix(x, 1, k), matrix(added, n, 1), packed, update),
    reduce("SUM", false, [1, k * n, 1], gradient, total),
  );
  const sizes: [number, number][] = [
    [step, 1],
    [h, m * n],
    [s, n],
    [best, m],
    [added, m * n],
    [w, k * n],
    [total, 1],
  ];
  const results = () => {
    const all = new Int32Array(sizes.reduce((sum, [, size]) => sum + size, 0));
    let at = 0;
    for (const [buffer, size] of sizes) {
      all.set(e.ints(buffer, size), at);
      at += size;
    }
    return all;
  };
  return { run, results };
}

const single = remember<Promise<Int32Array[]>>();
/** What one thread gives after 20, 40 and 60 runs. */
const alone = (variant: string): Promise<Int32Array[]> =>
  single(variant, async () => {
    const { run, results } = mixture(await engine(variant));
    return [20, 40, 60].map((runs) => {
      for (let i = 0; i < 20; i++) expect(run()).toBe(0);
      const found = results();
      expect(found[0]).toBe(runs);
      return found;
    });
  });

describe.each(["simd", "relaxed", ...native])("%s: threads", (variant) => {
  test("any number of them gives the same bits, more than there are cores too", async () => {
    const [wanted] = await alone(variant);
    for (const threads of [2, 4]) {
      const { run, results } = mixture(await engine(variant, threads));
      for (let i = 0; i < 20; i++) expect(run()).toBe(0);
      expectSame(results(), wanted!);
    }
  });

  test("the number of threads may change from dispatch to dispatch", async () => {
    const [, , wanted] = await alone(variant);
    const mixed = mixture(await engine(variant, 4));
    for (let i = 0; i < 60; i++) expect(mixed.run(1 + (i % 4))).toBe(0);
    expectSame(mixed.results(), wanted!);
  });

  test("a worker that comes late joins from the next dispatch on", async () => {
    const [, wanted] = await alone(variant);
    const late = new Engine(variant, 3);
    const { run, results } = mixture(late);
    for (let i = 0; i < 40; i++) {
      expect(run()).toBe(0);
      if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await late.ready();
    expectSame(results(), wanted!);
    await late.close();
  });
});
