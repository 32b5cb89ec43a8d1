import { afterAll, describe, expect, test } from "vitest";
import { elementwise, gemm, type Matrix, type Tape } from "../../../../kernels/harness.ts";
import { full } from "../../../../test/support/full.ts";
import { expectSame } from "../../testing/blocks-problem.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { remember } from "../../testing/remember.ts";
import { f32, layouts, ONE_ROW, operandsOf, randoms, storeResult, variants } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

/** Sizes [batch, m, n, k] on both sides of every branch: rows in blocks, strips, panels, depth blocks, skinny and narrow. */
const sizes: [number, number, number, number][] = [
  [1, 1, 1, 1],
  [1, 1, 10, 33],
  [1, 4, 301, 70],
  [1, 3, 7, 5],
  [1, 5, 9, 4],
  [1, 7, 129, 3],
  [1, 64, 10, 200],
  [1, 130, 24, 31],
  [1, 61, 23, 600],
  [1, 70, 16, 1100],
  [1, 97, 3, 130],
  [2, 40, 10, 130],
  [1, 300, 7, 600],
  [1, 10, 1000, 10],
  [1, 100, 131, 513],
  [1, 247, 200, 17],
  [1, 250, 33, 1030],
  [1, 120, 300, 530],
  [3, 5, 6, 7],
  [2, 100, 40, 530],
  [4, 2, 40, 9],
];

/** A factor's numbers [batch, rows, columns]; with `oneRow` all rows of a batch are its first. */
function factor(batch: number, rows: number, columns: number, seed: number, oneRow: boolean): Float32Array {
  const all = randoms(batch * rows * columns, seed);
  if (oneRow)
    for (let i = 0; i < batch * rows; i++)
      all.copyWithin(i * columns, (i - (i % rows)) * columns, (i - (i % rows) + 1) * columns);
  return all;
}

const inMemory = remember<Float32Array>();
/** The same numbers as a layout has them in memory. What lies between them is NaN: it must not reach a result. */
function laid(layout: string, batch: number, rows: number, columns: number, seed: number, offset: number) {
  return inMemory([layout, batch, rows, columns, seed, offset], () => {
    const strides = layouts[layout]!(rows, columns);
    const memory = new Float32Array(batch * (2 * rows * columns + 3 * rows) + 3).fill(NaN);
    const numbers = factor(batch, rows, columns, seed, layout === ONE_ROW);
    for (let g = 0, from = 0; g < batch; g++)
      for (let i = 0; i < rows; i++) {
        const to = offset + g * strides[0] + i * strides[1];
        for (let j = 0; j < columns; j++) memory[to + j * strides[2]] = numbers[from++]!;
      }
    return memory;
  });
}

const products = remember<Float64Array>();
/** The product [batch, m, n] of two factors in double precision. */
function productOf(size: readonly [number, number, number, number], aOneRow: boolean, bOneRow: boolean): Float64Array {
  return products([size, aOneRow, bOneRow], () => {
    const [batch, m, n, k] = size;
    const [a, b] = [factor(batch, m, k, 1, aOneRow), factor(batch, k, n, 2, bOneRow)];
    const c = new Float64Array(batch * m * n);
    for (let i = 0; i < batch * m; i++)
      for (let q = 0; q < k; q++) {
        const [left, from] = [a[i * k + q]!, (Math.floor(i / m) * k + q) * n];
        for (let j = 0; j < n; j++) c[i * n + j]! += left * b[from + j]!;
      }
    return c;
  });
}

/** |error| of a sum of k products of numbers in [−1, 1]: k roundings of at most k/2 ulps each would be generous. */
const sumBound = (k: number) => 2 ** -23 * (2 + k);

describe.each(full ? [...variants, "relaxed-wide"] : variants)("%s: GEMM", (variant) => {
  const pairs = Object.keys(layouts).flatMap((a) => Object.keys(layouts).map((b) => [a, b] as const));

  test.each(sizes.map((size) => [size]))("%j with every pair of layouts", async (size) => {
    const e = await engine(variant);
    const [batch, m, n, k] = size;
    // Each layout of A with one of B where a product takes long; all pairs where it is short.
    const some = m * n * k > 1e6 ? pairs.filter((_, i) => i % 6 === 0 || i % 6 === 3) : pairs;
    for (const [aLayout, bLayout] of some) {
      e.clear();
      const matrix = (layout: string, r: number, c: number, seed: number, offset: number): Matrix => ({
        buffer: e.of(laid(layout, batch, r, c, seed, offset)),
        offset,
        strides: layouts[layout]!(r, c),
      });
      const [a, b] = [matrix(aLayout, m, k, 1, 3), matrix(bLayout, k, n, 2, 1)];
      const packed = e.buffer(e.host.gemmScratchWords(m, n, k) + 16);
      e.floats(packed, e.host.gemmScratchWords(m, n, k) + 16).fill(55);
      const total = batch * m * n;
      const out = e.buffer(total + 16);
      e.floats(out, total + 16).fill(77);
      expect(e.load(gemm(size, a, b, packed, storeResult(out, [batch, m, n])))()).toBe(0);
      const got = e.floats(out, total + 16);
      const exact = productOf(size, aLayout === ONE_ROW, bLayout === ONE_ROW);
      let worst = 0;
      for (let i = 0; i < total; i++) {
        const error = Math.abs(got[i]! - exact[i]!);
        if (!(error <= worst)) worst = error;
      }
      expect(worst, `A ${aLayout}, B ${bLayout}`).toBeLessThanOrEqual(sumBound(k));
      expect([...got.slice(total)]).toEqual(Array(16).fill(77));
      const scratch = e.host.gemmScratchWords(m, n, k);
      expect([...e.floats(packed, scratch + 16).slice(scratch)]).toEqual(Array(16).fill(55));
    }
  });

  test.each(sizes.map((size) => [size]))("%j: the tape sees result, bias, views and draws", async (size) => {
    const e = await engine(variant);
    const [batch, m, n] = size;
    const { a, b, packed, total } = operandsOf(e, size);
    const plain = e.buffer(total);
    const sigmoid = e.buffer(total);
    const flipped = e.buffer(total);
    const drawn = e.buffer(total);
    const reference = e.buffer(total);
    const key = e.of([123, -456], "int");
    const bias = e.of(randoms(n, 3));
    const rowMajorOut = (buffer: number) => ({ buffer, strides: [m * n, n, 1] });
    const tape: Tape = {
      inputs: ["result", { buffer: bias, strides: [0, 0, 1] }, { immediate: 0.5 }],
      outputs: [rowMajorOut(sigmoid), { buffer: flipped, strides: [m * n, 1, m] }, rowMajorOut(drawn)],
      temps: 1,
      keys: [{ buffer: key }],
      ops: [
        ["ADD", 6, 0, 1],
        ["MUL", 3, 6, 2],
        ["SUB", 4, 3, 0],
        ["UNIFORM", 5, 0],
      ],
    };
    const draw: Tape = {
      outputs: [{ buffer: reference, strides: [1] }],
      keys: [{ buffer: key }],
      ops: [["UNIFORM", 0, 0]],
    };
    const run = e.load(
      gemm(size, a, b, packed, storeResult(plain, [batch, m, n])),
      gemm(size, a, b, packed, tape),
      elementwise([total], draw),
    );
    expect(run()).toBe(0);
    const [c, s, f] = [e.floats(plain, total), e.floats(sigmoid, total), e.floats(flipped, total)];
    const h = e.floats(bias, n);
    for (let i = 0; i < total; i++) {
      const value = f32(f32(c[i]! + h[i % n]!) * 0.5);
      const at = Math.floor(i / (m * n)) * m * n + (i % n) * m + (Math.floor(i / n) % m);
      if (s[i] !== value || f[at] !== f32(value - c[i]!))
        expect([i, s[i], f[at]]).toEqual([i, value, f32(value - c[i]!)]);
    }
    expectSame(e.floats(drawn, total), e.floats(reference, total));
  });

  test.each([[[1, 33, 1100, 12]], [[1, 250, 640, 40]], [[1, 61, 300, 700]], [[2, 20, 130, 7]]] as [
    number,
    number,
    number,
    number,
  ][][])("%j: an update in place of what the gradient is for", async (size) => {
    const e = await engine(variant);
    const [batch, m, n] = size;
    const { a, b, packed, total } = operandsOf(e, size, "columns");
    const [weights, momenta] = [randoms(total, 3), randoms(total, 4)];
    const [gradient, w, v] = [e.buffer(total), e.of(weights), e.of(momenta)];
    const rows = (buffer: number) => ({ buffer, strides: [m * n, n, 1] });
    const tape: Tape = {
      inputs: ["result", rows(w), rows(v), { immediate: 0.5 }],
      outputs: [rows(w), rows(v)],
      temps: 1,
      ops: [
        ["MUL", 6, 2, 3],
        ["ADD", 5, 6, 0],
        ["SUB", 4, 1, 5],
      ],
    };
    const run = e.load(gemm(size, a, b, packed, storeResult(gradient, [batch, m, n])), gemm(size, a, b, packed, tape));
    expect(run()).toBe(0);
    const g = e.floats(gradient, total);
    const momentum = momenta.map((x, i) => f32(0.5 * x) + g[i]!);
    expectSame(e.floats(v, total), momentum);
    expectSame(
      e.floats(w, total),
      weights.map((x, i) => x - momentum[i]!),
    );
  });
});

test.each(sizes.map((size) => [size]))("%j: the wide tile gives the narrow one's bits", async (size) => {
  const [batch, m, n, k] = size;
  for (const [aLayout, bLayout] of [
    ["rows", "rows"],
    ["columns", "rows"],
    ["rows", "columns"],
    ["spread", "padded"],
  ] as const) {
    const results: Int32Array[] = [];
    for (const variant of ["relaxed", "relaxed-wide"] as const) {
      const e = await engine(variant);
      const words = (r: number, c: number) => batch * (2 * r * c + 3 * r) + 3;
      const a: Matrix = { buffer: e.of(randoms(words(m, k), 1)), strides: layouts[aLayout]!(m, k) };
      const b: Matrix = { buffer: e.of(randoms(words(k, n), 2)), strides: layouts[bLayout]!(k, n) };
      const packed = e.buffer(e.host.gemmScratchWords(m, n, k) + 1);
      const out = e.buffer(batch * m * n);
      expect(e.load(gemm(size, a, b, packed, storeResult(out, [batch, m, n])))()).toBe(0);
      results.push(e.ints(out, batch * m * n).slice());
    }
    expectSame(results[1]!, results[0]!, `A ${aLayout}, B ${bLayout}: `);
  }
});
