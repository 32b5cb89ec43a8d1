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
} from "../../../kernels/harness.ts";
import type { reductions, TapeOp } from "../../plan/codes.ts";
import { expectSame } from "../testing/blocks-problem.ts";
import { enginePool } from "../testing/engine-pool.ts";
import { nativeSets } from "../testing/native.ts";
import { remember } from "../testing/remember.ts";

const native = nativeSets.map((set) => `native ${set}`);
const variants = ["simd", "relaxed", "simd-single", "relaxed-single", ...native];
const { engine, close } = enginePool();
afterAll(close);

/** Numbers that don't depend on the run: a linear congruence is random enough to fill matrices. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const drawn = remember<Float32Array>();
function randoms(n: number, seed: number, low = -1, high = 1): Float32Array {
  const make = () => {
    const next = generator(seed);
    return Float32Array.from({ length: n }, () => low + (high - low) * next());
  };
  return drawn([n, seed, low, high], make).slice();
}

const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
const rowMajor = (dims: readonly number[]) => dims.map((_, d) => product(dims.slice(d + 1)));

/** Distance in units in the last place of float32, subnormals counted as one with zero. */
function ulps(actual: number, exact: number): number {
  if (Object.is(actual, exact) || (Number.isNaN(actual) && Number.isNaN(exact))) return 0;
  const rounded = Math.fround(exact);
  if (actual === rounded) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Math.abs(exact) > 3.4028e38 ? 1 : Infinity;
  const size = Math.max(Math.abs(exact), 2 ** -126);
  return Math.abs(actual - exact) / 2 ** (Math.floor(Math.log2(size)) - 23);
}

const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5, -0.5, 2 ** -126, 2 ** -149, 3.4e38, -3.4e38, 16777216];
const log1p = Math.log1p;
const softplus = (x: number) => Math.max(x, 0) + log1p(Math.exp(-Math.abs(x)));

/** The float32 functions of one operand: definition, range, and the largest error in ulps. */
const functions: [TapeOp, (x: number) => number, number, number, number][] = [
  ["MOVE", (x) => x, -5, 5, 0],
  ["NEG", (x) => -x, -5, 5, 0],
  ["ABS", Math.abs, -5, 5, 0],
  ["SIGN", (x) => (x === 0 ? 0 : Math.sign(x)), -5, 5, 0],
  ["EXP", Math.exp, -87, 88.7, 2],
  ["LOG", Math.log, 1e-37, 100, 2],
  ["LOG1P", log1p, -0.999, 20, 2.5],
  ["SQRT", Math.sqrt, 0, 1e6, 0.5],
  ["SIGMOID", (x) => 1 / (1 + Math.exp(-x)), -86, 30, 3],
  ["TANH", Math.tanh, -12, 12, 2.5],
  ["SOFTPLUS", softplus, -86, 90, 3],
  ["RELU", (x) => (Number.isNaN(x) ? x : Math.max(x, 0)), -5, 5, 0],
  ["FLOOR", Math.floor, -1e4, 1e4, 0],
];

const flag = (condition: boolean) => Number(condition);
const max = (a: number, b: number) => Math.max(a, b);
const f32 = Math.fround;
const binaries: [TapeOp, (a: number, b: number) => number][] = [
  ["ADD", (a, b) => f32(a + b)],
  ["SUB", (a, b) => f32(a - b)],
  ["MUL", (a, b) => f32(a * b)],
  ["DIV", (a, b) => f32(a / b)],
  ["MAX", max],
  ["MIN", (a, b) => Math.min(a, b)],
  ["EQ", (a, b) => flag(a === b)],
  ["NE", (a, b) => flag(a !== b)],
  ["LT", (a, b) => flag(a < b)],
  ["LE", (a, b) => flag(a <= b)],
];

const integerBinaries: [TapeOp, (a: number, b: number) => number, "float" | "int"][] = [
  ["I_ADD", (a, b) => (a + b) | 0, "int"],
  ["I_SUB", (a, b) => (a - b) | 0, "int"],
  ["I_MUL", Math.imul, "int"],
  ["I_MAX", Math.max, "int"],
  ["I_MIN", Math.min, "int"],
  ["I_EQ", (a, b) => flag(a === b), "float"],
  ["I_NE", (a, b) => flag(a !== b), "float"],
  ["I_LT", (a, b) => flag(a < b), "float"],
  ["I_LE", (a, b) => flag(a <= b), "float"],
  ["I_NEG", (a) => -a | 0, "int"],
  ["I_ABS", (a) => Math.abs(a) | 0, "int"],
  ["I_SIGN", (a) => Math.sign(a), "int"],
  ["TO_FLOAT", (a) => f32(a), "float"],
];

const viewed = remember<readonly [Float32Array, Float32Array]>();

/** One op on whole arrays. */
function apply(e: Engine, op: TapeOp, inputs: number[], n: number): number {
  const out = e.buffer(n + 16);
  const operand = (buffer: number) => ({ buffer, strides: [1] });
  const registers = inputs.map((_, i) => i);
  const tape: Tape = {
    inputs: inputs.map(operand),
    outputs: [operand(out)],
    ops: [[op, inputs.length, ...registers] as Tape["ops"][number]],
  };
  e.floats(out, n + 16).fill(77);
  expect(e.load(elementwise([n], tape))()).toBe(0);
  expect([...e.floats(out, n + 16).slice(n)]).toEqual(Array(16).fill(77));
  return out;
}

describe.each(variants)("%s: elementwise", (variant) => {
  test.each(functions)("%s is accurate over its range", async (op, exact, low, high, bound) => {
    const e = await engine(variant);
    const near = randoms(2000, 2, -1, 1).map((x, i) => x * 10 ** -(i % 8));
    const x = [...randoms(20003, 1, low, high), ...near.map((y) => (low >= 0 ? Math.abs(y) : y))];
    const out = e.floats(apply(e, op, [e.of(x)], x.length), x.length);
    let worst = 0;
    let at = 0;
    x.forEach((value, i) => {
      const error = ulps(out[i]!, exact(value));
      if (!(error <= worst)) [worst, at] = [error, value];
    });
    expect(worst, `at ${at}`).toBeLessThanOrEqual(bound);
  });

  test.each(functions)(
    "%s of zeros, infinities, NaN and the ends of the range",
    async (op, exact, _low, _high, bound) => {
      const e = await engine(variant);
      const x = Float32Array.from([...special, 88, 89, 104, 1000, -88, -104, -1000, 1e-20, -1e-20, 1e-7, 0.625, 1e30]);
      const out = e.floats(apply(e, op, [e.of(x)], x.length), x.length);
      x.forEach((value, i) => {
        const wanted = exact(value);
        if (Math.abs(wanted) < 2 ** -125 && wanted !== 0) expect(Math.abs(out[i]! - wanted)).toBeLessThan(2 ** -125);
        else
          expect(ulps(out[i]! + 0, wanted + 0), `${op}(${value}) = ${out[i]}, not ${wanted}`).toBeLessThanOrEqual(
            bound,
          );
      });
    },
  );

  test.each([
    ["SIN", Math.sin],
    ["COS", Math.cos],
  ] as const)("%s is within 2e-7, near and far, and NaN at infinity", async (op, exact) => {
    const e = await engine(variant);
    const x = [
      ...randoms(5001, 3, -10, 10),
      ...randoms(5001, 4, -1e4, 1e4),
      ...randoms(501, 5, -1e6, 1e6),
      Infinity,
      NaN,
    ];
    const out = e.floats(apply(e, op, [e.of(x)], x.length), x.length);
    x.forEach((value, i) => {
      const fits = Number.isFinite(value) ? Math.abs(out[i]! - exact(value)) < 2e-7 : Number.isNaN(out[i]);
      if (!fits) expect.fail(`${op}(${value}) is ${out[i]}, not ${exact(value)}`);
    });
  });

  test.each(binaries)("%s", async (op, exact) => {
    const e = await engine(variant);
    const a = [...special.flatMap((x) => special.map(() => x)), ...randoms(1001, 1)].map(f32);
    const b = [...special.flatMap(() => special), ...randoms(1001, 2)].map(f32);
    const out = e.floats(apply(e, op, [e.of(a), e.of(b)], a.length), a.length);
    a.forEach((x, i) => {
      const want = exact(x, b[i]!) + 0;
      // The add-on gives 0 for a result that would be subnormal.
      if (out[i] === 0 && Math.abs(want) < 2 ** -126 && native.includes(variant)) return;
      if (!Object.is(out[i]! + 0, want)) expect.fail(`${op}(${x}, ${b[i]}) is ${out[i]}, not ${want}`);
    });
  });

  test.each(integerBinaries)("%s", async (op, exact, kind) => {
    const e = await engine(variant);
    const values = [0, 1, -1, 2, 7, -7, 65536, 2147483647, -2147483648, 123456789];
    const a = values.flatMap((x) => values.map(() => x));
    const b = values.flatMap(() => values);
    const out = apply(e, op, [e.of(a, "int"), e.of(b, "int")], a.length);
    const got = kind === "int" ? e.ints(out, a.length) : e.floats(out, a.length);
    expect([...got]).toEqual(a.map((x, i) => exact(x, b[i]!) + 0));
  });

  test("TO_INT truncates and saturates, WHERE copies bits, MULADD adds a product", async () => {
    const e = await engine(variant);
    const x = [0.9, -0.9, 1.5, -2.5, 3e9, -3e9, Infinity, -Infinity, NaN, 2147483520];
    const whole = [0, 0, 1, -2, 2147483647, -2147483648, 2147483647, -2147483648, 0, 2147483520];
    expect([...e.ints(apply(e, "TO_INT", [e.of(x)], x.length), x.length)]).toEqual(whole);
    const ints = e.of([0x7fc12345, 2, 3, 4, 5], "int");
    const mask = e.of([1, 0, -0, NaN, 0.1]);
    const other = e.of([9, 9, 0x7f812345, 9, 9], "int");
    expect([...e.ints(apply(e, "WHERE", [mask, ints, other], 5), 5)]).toEqual([0x7fc12345, 9, 0x7f812345, 4, 5]);
    const [a, b, c] = [randoms(999, 1), randoms(999, 2), randoms(999, 3)];
    const out = e.floats(apply(e, "MULADD", [e.of(a), e.of(b), e.of(c)], 999), 999);
    const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(out[i]! - (value * b[i]! + c[i]!))), 0);
    expect(worst).toBeLessThan(1.3e-7);
  });

  const shapes = [
    [1],
    [3],
    [512],
    [513],
    [40001],
    [7, 10],
    [300, 3],
    [5, 130],
    [3, 4, 5],
    [2, 3, 1, 700],
    [130, 127],
    [2, 2, 2, 2, 2, 3],
  ];
  test.each(shapes.map((dims) => [dims]))(
    "views of shape %j: transposed, broadcast, strided, reversed",
    async (dims) => {
      const e = await engine(variant);
      const n = product(dims);
      const rank = dims.length;
      const contiguous = rowMajor(dims);
      const flipped = rowMajor([...dims].reverse()).reverse();
      const transposed = { buffer: e.of(randoms(n, 1)), strides: flipped };
      const broadcast = { buffer: e.of(randoms(n, 2)), strides: contiguous.map((s, d) => (d === rank - 1 ? s : 0)) };
      const column = { buffer: e.of(randoms(n, 3)), strides: contiguous.map((s, d) => (d === rank - 1 ? 0 : s)) };
      const reversed = { buffer: e.of(randoms(3 * n + 5, 4)), offset: 3 * n, strides: contiguous.map((s) => -3 * s) };
      const scalar = { buffer: e.of([0.25, 9]), strides: dims.map(() => 0) };
      const straight = { buffer: e.buffer(n + 8), offset: 3, strides: contiguous };
      const scattered = { buffer: e.buffer(2 * n + 8), offset: 1, strides: flipped.map((s) => 2 * s) };
      e.floats(straight.buffer, n + 8).fill(77);
      e.floats(scattered.buffer, 2 * n + 8).fill(77);
      const inputs = [transposed, broadcast, column, reversed, scalar];
      const tape: Tape = {
        inputs: [...inputs, { immediate: 3 }],
        outputs: [straight, scattered],
        temps: 2,
        ops: [
          ["ADD", 8, 0, 1],
          ["SUB", 9, 2, 3],
          ["MUL", 6, 8, 9],
          ["MAX", 9, 4, 6],
          ["MUL", 7, 9, 5],
        ],
      };
      const at = (o: { strides: number[]; offset?: number }, e0: number) =>
        (o.offset ?? 0) + contiguous.reduce((sum, s, d) => sum + (Math.floor(e0 / s) % dims[d]!) * o.strides[d]!, 0);
      const [first, second] = viewed(dims, () => {
        const read = inputs.map((o) => e.floats(o.buffer, 3 * n + 5));
        const results = [new Float32Array(n + 8).fill(77), new Float32Array(2 * n + 8).fill(77)] as const;
        for (let i = 0; i < n; i++) {
          const [a, b, c, d, s] = inputs.map((o, k) => read[k]![at(o, i)]!) as [number, number, number, number, number];
          const value = f32(f32(a + b) * f32(c - d));
          results[0][at(straight, i)] = value;
          results[1][at(scattered, i)] = f32(Math.max(s, value) * 3);
        }
        return results;
      });
      expect(e.load(elementwise(dims, tape))()).toBe(0);
      expectSame(e.floats(straight.buffer, n + 8), first);
      expectSame(e.floats(scattered.buffer, 2 * n + 8), second);
    },
  );

  test("a momentum update works in place", async () => {
    const e = await engine(variant);
    const [w, m, g] = [randoms(1003, 1), randoms(1003, 2), randoms(1003, 3)];
    const [bw, bm, bg] = [e.of(w), e.of(m), e.of(g)];
    const operand = (buffer: number) => ({ buffer, strides: [1] });
    const tape: Tape = {
      inputs: [operand(bw), operand(bm), operand(bg), { immediate: 0.5 }],
      outputs: [operand(bm), operand(bw)],
      temps: 1,
      ops: [
        ["MUL", 6, 1, 3],
        ["ADD", 4, 6, 2],
        ["SUB", 5, 0, 4],
      ],
    };
    expect(e.load(elementwise([1003], tape))()).toBe(0);
    const momentum = m.map((x, i) => f32(0.5 * x) + g[i]!);
    expectSame(e.floats(bm, 1003), momentum);
    expectSame(
      e.floats(bw, 1003),
      w.map((x, i) => x - momentum[i]!),
    );
  });
});

const storeResult = (buffer: number, [, m, n]: number[]): Tape => ({
  inputs: ["result"],
  outputs: [{ buffer, strides: [m! * n!, n!, 1] }],
  ops: [["MOVE", 1, 0]],
});

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
  [1, 10, 1000, 10],
  [1, 100, 131, 513],
  [1, 247, 200, 17],
  [1, 250, 33, 1030],
  [1, 120, 300, 530],
  [3, 5, 6, 7],
  [2, 100, 40, 530],
  [4, 2, 40, 9],
];

type Layout = (rows: number, columns: number) => [number, number, number];
/** Strides [batch, row, column] and the words they need for one batch are rows·columns·3. */
const layouts: Record<string, Layout> = {
  rows: (r, c) => [r * c, c, 1],
  columns: (r, c) => [r * c, 1, r],
  padded: (r, c) => [r * (c + 3), c + 3, 1],
  spread: (r, c) => [2 * r * c, 2 * c, 2],
  "one row for all": (_r, c) => [c, 0, 1],
};
const ONE_ROW = "one row for all";

/** A factor's numbers [batch, rows, columns]; with `oneRow` all rows of a batch are its first. */
function factor(batch: number, rows: number, columns: number, seed: number, oneRow: boolean): Float32Array {
  const all = randoms(batch * rows * columns, seed);
  if (oneRow)
    for (let i = 0; i < batch * rows; i++)
      all.copyWithin(i * columns, (i - (i % rows)) * columns, (i - (i % rows) + 1) * columns);
  return all;
}

/** The same numbers as a layout has them in memory. What lies between them is NaN: it must not reach a result. */
function laid(layout: string, batch: number, rows: number, columns: number, seed: number, offset: number) {
  const strides = layouts[layout]!(rows, columns);
  const memory = new Float32Array(batch * (2 * rows * columns + 3 * rows) + 3).fill(NaN);
  const numbers = factor(batch, rows, columns, seed, layout === ONE_ROW);
  for (let g = 0, from = 0; g < batch; g++)
    for (let i = 0; i < rows; i++) {
      const to = offset + g * strides[0] + i * strides[1];
      for (let j = 0; j < columns; j++) memory[to + j * strides[2]] = numbers[from++]!;
    }
  return memory;
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

describe.each([...variants, "relaxed-wide"])("%s: GEMM", (variant) => {
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
    const [batch, m, n, k] = size;
    const total = batch * m * n;
    const a: Matrix = { buffer: e.of(randoms(batch * m * k, 1)), strides: layouts.rows!(m, k) };
    const b: Matrix = { buffer: e.of(randoms(batch * k * n, 2)), strides: layouts.rows!(k, n) };
    const packed = e.buffer(e.host.gemmScratchWords(m, n, k) + 1);
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
    const [batch, m, n, k] = size;
    const total = batch * m * n;
    const a: Matrix = { buffer: e.of(randoms(batch * m * k, 1)), strides: layouts.columns!(m, k) };
    const b: Matrix = { buffer: e.of(randoms(batch * k * n, 2)), strides: layouts.rows!(k, n) };
    const packed = e.buffer(e.host.gemmScratchWords(m, n, k) + 1);
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

type Reduction = keyof typeof reductions;

function reduceExactly(kind: Reduction, column: number[]): number {
  if (kind === "SUM") return column.reduce((a, b) => a + b, 0);
  if (kind === "ARGMAX") {
    const nan = column.findIndex(Number.isNaN);
    return nan >= 0 ? nan : column.indexOf(column.reduce((a, b) => Math.max(a, b)));
  }
  return column.reduce((a, b) => (kind === "MAX" ? Math.max(a, b) : Math.min(a, b)));
}

const reductionsOf = remember<number[]>();
const reduced: [number, number, number][] = [
  [1, 1, 1],
  [3, 5, 1],
  [100, 10, 1],
  [2, 5000, 1],
  [1, 100003, 1],
  [1, 100, 2000],
  [7, 3, 2],
  [1, 40000, 3],
  [2, 300, 130],
  [1, 4097, 5],
];

describe.each(variants)("%s: reductions", (variant) => {
  for (const kind of ["SUM", "MAX", "MIN", "ARGMAX"] as const)
    for (const integer of [false, true])
      test.each(reduced.map((shape) => [shape]))(`${kind} of ${integer ? "int32" : "float32"} %j`, async (shape) => {
        const e = await engine(variant);
        const [outer, length, inner] = shape;
        const values = integer ? randoms(product(shape), 7, -50, 50).map(Math.trunc) : randoms(product(shape), 7);
        /* Two columns get NaNs: a NaN wins, the first of them. */
        const nans = !integer && length > 4 ? [inner * 3, inner * (length - 1), product(shape) - 1 - inner * 2] : [];
        if (kind !== "SUM") for (const at of nans) values[at] = NaN;
        const out = e.buffer(outer * inner + 4);
        expect(e.load(reduce(kind, integer, shape, e.of(values, integer ? "int" : "float"), out))()).toBe(0);
        const isInt = integer || kind === "ARGMAX";
        const got = isInt ? e.ints(out, outer * inner) : e.floats(out, outer * inner);
        const exact = reductionsOf([kind, integer, shape], () =>
          Array.from({ length: outer * inner }, (_, at) => {
            const from = Math.floor(at / inner) * length * inner + (at % inner);
            return reduceExactly(
              kind,
              Array.from({ length }, (_, i) => values[from + i * inner]!),
            );
          }),
        );
        exact.forEach((wanted, at) => {
          const actual = got[at]!;
          const fits =
            kind === "SUM" && !integer
              ? Math.abs(actual - wanted) < 1e-6 * Math.sqrt(length) + 1e-7 * Math.abs(wanted)
              : Object.is(actual, wanted + 0);
          if (!fits) expect.fail(`${kind} at ${Math.floor(at / inner)}, ${at % inner} is ${actual}, not ${wanted}`);
        });
      });

  test("a float32 sum keeps what plain addition loses", async () => {
    const e = await engine(variant);
    const n = 1 << 21;
    const from = e.buffer(n);
    e.floats(from, n).fill(0.1);
    const [row, column] = [e.buffer(1), e.buffer(2)];
    expect(
      e.load(reduce("SUM", false, [1, n, 1], from, row), reduce("SUM", false, [1, n / 2, 2], from, column))(),
    ).toBe(0);
    expect(ulps(e.floats(row, 1)[0]!, n * f32(0.1))).toBeLessThan(40);
    expect(ulps(e.floats(column, 2)[1]!, (n / 2) * f32(0.1))).toBeLessThan(40);
  });

  test("the first of equals, and int32 sums that wrap around", async () => {
    const e = await engine(variant);
    const out = e.buffer(2);
    const ties = e.of([1, 5, 2, 5, 5], "int");
    const big = e.of([2147483647, 5, 2147483647], "int");
    expect(e.load(reduce("ARGMAX", true, [1, 5, 1], ties, out))()).toBe(0);
    expect(e.ints(out, 1)[0]).toBe(1);
    expect(e.load(reduce("SUM", true, [1, 3, 1], big, out))()).toBe(0);
    expect(e.ints(out, 1)[0]).toBe((2147483647 + 5 + 2147483647) | 0);
    const late = randoms(100003, 1);
    late[90001] = late[95001] = 2;
    expect(e.load(reduce("ARGMAX", false, [1, late.length, 1], e.of(late), out))()).toBe(0);
    expect(e.ints(out, 1)[0]).toBe(90001);
  });
});

/** Rows of a tape: packed and not, one to a tile and many, shorter than a vector and with a tail behind whole ones. */
const rowShapes = [
  [2, 3, 4, 6],
  [7, 10],
  [300, 3],
  [100, 10],
  [5, 130],
  [3, 4, 5],
  [1, 512],
  [2, 3, 33],
  [9, 2],
  [64, 16],
  [41, 500],
  [3, 1],
  [1, 7],
];

describe.each(variants)("%s: rows of a tape", (variant) => {
  test.each(rowShapes.map((dims) => [dims]))(
    "of shape %j give what REDUCE gives, and nothing beside them counts",
    async (dims) => {
      const e = await engine(variant);
      const [n, length] = [product(dims), dims.at(-1)!];
      const rows = n / length;
      const values = randoms(n, 3);
      // Between rows lie numbers that would win every comparison and spoil every sum.
      const gap = 3;
      const spread = new Float32Array(rows * (length + gap) + 16).fill(NaN);
      values.forEach((v, i) => {
        spread[Math.floor(i / length) * (length + gap) + (i % length)] = v;
      });
      const apart = rowMajor([...dims.slice(0, -1), length + gap]);
      const kinds = ["SUM", "MAX", "MIN", "ARGMAX"] as const;
      for (const from of [
        { buffer: e.of(values), strides: rowMajor(dims) },
        { buffer: e.of(spread), strides: apart },
      ]) {
        const columns = rowMajor(dims).map((s, d) => (d === dims.length - 1 ? 0 : (2 * s) / length));
        const outputs = kinds.map(() => ({ buffer: e.buffer(2 * rows + 9), offset: 5, strides: columns }));
        for (const { buffer } of outputs) e.floats(buffer, 2 * rows + 9).fill(77);
        const alone = kinds.map(() => e.buffer(rows));
        const tape: Tape = {
          inputs: [from],
          outputs,
          columns: 1,
          ops: kinds.map((kind, i) => [`ROW_${kind}`, 1 + i, 0]),
        };
        const source = e.of(values);
        expect(
          e.load(
            elementwise(dims, tape),
            ...kinds.map((k, i) => reduce(k, false, [rows, length, 1], source, alone[i]!)),
          )(),
        ).toBe(0);
        kinds.forEach((kind, i) => {
          const wanted = new Int32Array(2 * rows + 9).fill(new Int32Array(Float32Array.of(77).buffer)[0]!);
          e.ints(alone[i]!, rows).forEach((bits, r) => {
            wanted[5 + 2 * r] = bits;
          });
          expectSame(e.ints(outputs[i]!.buffer, 2 * rows + 9), wanted, `${kind}: `);
        });
      }
    },
  );

  test.each(rowShapes.map((dims) => [dims]))("of shape %j: columns are worked on and spread again", async (dims) => {
    const e = await engine(variant);
    const [n, length] = [product(dims), dims.at(-1)!];
    const rows = n / length;
    const [x, c, w] = [randoms(n, 3), randoms(2 * rows, 4), randoms(length, 5)];
    const outer = dims.slice(0, -1);
    // Walked with the outer axes in reverse, two apart.
    const column = [
      ...rowMajor(outer.toReversed())
        .map((s) => 2 * s)
        .toReversed(),
      0,
    ];
    const place = (r: number) =>
      rowMajor(outer).reduce((at, s, d) => at + (Math.floor(r / s) % outer[d]!) * column[d]!, 0);
    const [straight, stepped] = [e.buffer(n + 8), e.buffer(2 * n + 8)];
    e.floats(straight, n + 8).fill(77);
    e.floats(stepped, 2 * n + 8).fill(77);
    const out = e.buffer(2 * rows + 8);
    e.floats(out, 2 * rows + 8).fill(77);
    const tape: Tape = {
      inputs: [
        { buffer: e.of(x), strides: rowMajor(dims) },
        { buffer: e.of(c), strides: column },
        { buffer: e.of(w), strides: dims.map((_, d) => Number(d === dims.length - 1)) },
        { immediate: 0.5 },
      ],
      outputs: [
        { buffer: straight, offset: 1, strides: rowMajor(dims) },
        { buffer: stepped, offset: 1, strides: rowMajor(dims).map((s) => 2 * s) },
        { buffer: out, strides: column },
      ],
      temps: 2,
      columns: 2,
      ops: [
        ["MUL", 7, 0, 2],
        ["MUL", 9, 1, 3],
        ["ROW_MAX", 10, 7],
        ["ADD", 6, 10, 9],
        ["SPREAD", 8, 6],
        ["SUB", 4, 7, 8],
        ["SPREAD", 5, 1],
      ],
    };
    expect(e.load(elementwise(dims, tape))()).toBe(0);
    const [first, second] = [new Float32Array(n + 8).fill(77), new Float32Array(2 * n + 8).fill(77)];
    const third = new Float32Array(2 * rows + 8).fill(77);
    for (let r = 0; r < rows; r++) {
      const row = Array.from({ length }, (_, i) => f32(x[r * length + i]! * w[i]!));
      const at = place(r);
      third[at] = f32(row.reduce(max) + f32(c[at]! * 0.5));
      row.forEach((v, i) => {
        first[1 + r * length + i] = f32(v - third[at]!);
        second[1 + 2 * (r * length + i)] = c[at]!;
      });
    }
    expectSame(e.floats(straight, n + 8), first);
    expectSame(e.floats(stepped, 2 * n + 8), second);
    expectSame(e.floats(out, 2 * rows + 8), third);
  });

  test.each([2, 3, 4, 5, 10, 16, 19, 33])(
    "of %i: a NaN anywhere is the maximum, the minimum, the sum and the place of the maximum",
    async (length) => {
      const e = await engine(variant);
      // Row i has its NaN at i; a second one behind it doesn't count; the last row has none.
      const values = randoms((length + 1) * length, 9);
      for (let i = 0; i < length; i++) values[i * length + i] = values[i * length + length - 1] = NaN;
      const kinds = ["MAX", "MIN", "SUM", "ARGMAX"] as const;
      const outputs = kinds.map(() => ({ buffer: e.buffer(length + 1), strides: [1, 0] }));
      const inputs = [{ buffer: e.of(values), strides: [length, 1] }];
      const tape: Tape = { inputs, outputs, columns: 1, ops: kinds.map((kind, i) => [`ROW_${kind}`, 1 + i, 0]) };
      expect(e.load(elementwise([length + 1, length], tape))()).toBe(0);
      const last = [...values.slice(length * length)];
      for (const [i, kind] of (["MAX", "MIN", "SUM"] as const).entries()) {
        const got = e.floats(outputs[i]!.buffer, length + 1);
        expect([...got.slice(0, length)]).toEqual(Array(length).fill(NaN));
        expect(Math.abs(got[length]! - reduceExactly(kind, last))).toBeLessThan(1e-6);
      }
      const places = Array.from({ length }, (_, i) => i);
      expect([...e.ints(outputs[3]!.buffer, length + 1)]).toEqual([...places, reduceExactly("ARGMAX", last)]);
    },
  );

  test.each([
    [[1, 64, 10, 200]],
    [[1, 3, 7, 5]],
    [[1, 1, 10, 33]],
    [[1, 130, 23, 40]],
    [[1, 61, 16, 600]],
    [[3, 40, 5, 7]],
  ] as [[number, number, number, number]][])("%j: a product's tape sees whole rows", async (size) => {
    const e = await engine(variant);
    const [batch, m, n, k] = size;
    const total = batch * m * n;
    const a: Matrix = { buffer: e.of(randoms(batch * m * k, 1)), strides: layouts.rows!(m, k) };
    const b: Matrix = { buffer: e.of(randoms(batch * k * n, 2)), strides: layouts.rows!(k, n) };
    const packed = e.buffer(e.host.gemmScratchWords(m, n, k) + 1);
    const [plain, shifted, largest] = [e.buffer(total), e.buffer(total), e.buffer(batch * m)];
    const tape: Tape = {
      inputs: ["result"],
      outputs: [
        { buffer: shifted, strides: [m * n, n, 1] },
        { buffer: largest, strides: [m, 1, 0] },
      ],
      temps: 1,
      columns: 1,
      ops: [
        ["ROW_MAX", 2, 0],
        ["SPREAD", 3, 2],
        ["SUB", 1, 0, 3],
      ],
    };
    expect(e.load(gemm(size, a, b, packed, storeResult(plain, [batch, m, n])), gemm(size, a, b, packed, tape))()).toBe(
      0,
    );
    const c = e.floats(plain, total);
    const wanted = Array.from({ length: batch * m }, (_, r) => c.slice(r * n, (r + 1) * n).reduce(max));
    expectSame(e.floats(largest, batch * m), wanted);
    expectSame(
      e.floats(shifted, total),
      c.map((v, i) => v - wanted[Math.floor(i / n)]!),
    );
  });
});

describe.each(variants)("%s: rows by index", (variant) => {
  test.each([
    [10, 20, 3],
    [300, 5000, 1],
    [50, 700, 67],
    [5, 3, 8000],
  ])("gather and scatter-add: %i rows, %i indices, %i wide", async (rows, count, inner) => {
    const e = await engine(variant);
    const index = randoms(count, 5, 0, rows).map(Math.floor);
    const [table, update] = [randoms(rows * inner, 1), randoms(count * inner, 2)];
    const [picked, added] = [e.buffer(count * inner), e.buffer(rows * inner)];
    const at = e.of(index, "int");
    const run = e.load(
      indexed("GATHER", [rows, count, inner], e.of(table), at, picked),
      indexed("SCATTER_ADD", [rows, count, inner], e.of(update), at, added),
    );
    expect(run()).toBe(0);
    // More than 256 updates are summed in double precision.
    const sums = new (count > 256 ? Float64Array : Float32Array)(rows * inner);
    const rowsPicked = new Float32Array(count * inner);
    index.forEach((row, i) => {
      rowsPicked.set(table.subarray(row * inner, (row + 1) * inner), i * inner);
      for (let j = 0; j < inner; j++) sums[row * inner + j]! += update[i * inner + j]!;
    });
    expectSame(e.floats(picked, count * inner), rowsPicked);
    expectSame(e.floats(added, rows * inner), Float32Array.from(sums));
  });

  test.each([
    ["GATHER", 7],
    ["GATHER", -1],
    ["SCATTER_ADD", 7],
    ["SCATTER_ADD", -2147483648],
  ] as const)("%s reports index %i of 7 rows and touches nothing else", async (kind, bad) => {
    const e = await engine(variant);
    const size = kind === "GATHER" ? 4 * 5 : 7 * 5;
    const out = e.buffer(size + 8);
    e.floats(out, size + 8).fill(77);
    const ok = indexed("GATHER", [7, 1, 1], e.of(randoms(7, 1)), e.of([6], "int"), e.buffer(1));
    const wrong = indexed(kind, [7, 4, 5], e.of(randoms(35, 1)), e.of([1, bad, 2, 3], "int"), out);
    expect(e.load(ok, wrong)()).toBe(1);
    expect(e.status().slice(0, 3)).toEqual([1, 1, bad]);
    expect([...e.floats(out, size + 8).slice(size)]).toEqual(Array(8).fill(77));
    expect(e.load(ok)()).toBe(0);
  });
});

/** Philox4x32-10 in plain integers. */
function philox(counter: number[], key: number[]): number[] {
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [p, q] = [a * 0xd2511f53n, c * 0xcd9e8d57n];
    [a, b, c, d] = [(q >> 32n) ^ b ^ k0, q & mask, (p >> 32n) ^ d ^ k1, p & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [a, b, c, d].map(Number);
}

/** The blocks of one key, by their counters. */
const blocks: number[][] = [];

describe.each(variants)("%s: draws", (variant) => {
  const ones = 0xffffffff;
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("Philox's published answer for counter %j", async (counter, key, wanted) => {
    const e = await engine(variant);
    const out = e.buffer(4);
    e.host.philox(e.pointer(e.of(counter, "int")), e.pointer(e.of(key, "int")), e.pointer(out));
    expect([...e.ints(out, 4)].map((x) => x >>> 0)).toEqual(wanted);
    expect(philox(counter, key)).toEqual(wanted);
  });

  test.each([[[1]], [[5]], [[3, 7]], [[1000]], [[40003]], [[129, 131]]])("shape %j", async (dims) => {
    const e = await engine(variant);
    const n = product(dims);
    const key = e.of([77, 0x12345678], "int");
    const out = [e.buffer(n + 4), e.buffer(n + 4), e.buffer(n + 4)];
    out.forEach((buffer) => {
      e.floats(buffer, n + 4).fill(9);
    });
    const tape: Tape = {
      outputs: out.map((buffer) => ({ buffer, strides: rowMajor(dims) })),
      keys: [{ buffer: key }],
      ops: [
        ["UNIFORM", 0, 0],
        ["UNIFORM_OPEN", 1, 0],
        ["NORMAL", 2, 0],
      ],
    };
    expect(e.load(elementwise(dims, tape))()).toBe(0);
    const [uniform, open, normal] = out.map((buffer) => e.floats(buffer, n + 4)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < n; i++) {
      const x = (blocks[i >>> 2] ??= philox([i >>> 2, 0, 0, 0], [77, 0x12345678]));
      const word = x[i & 3]!;
      const [u, v] = i & 2 ? [x[2]!, x[3]!] : [x[0]!, x[1]!];
      const radius = Math.sqrt(-2 * Math.log(((u >>> 8) + 1) * 2 ** -24));
      const angle = 2 * Math.PI * (v >>> 8) * 2 ** -24;
      const exact = radius * (i & 1 ? Math.sin(angle) : Math.cos(angle));
      if (uniform[i] !== (word >>> 8) * 2 ** -24) expect([i, uniform[i]]).toEqual([i, (word >>> 8) * 2 ** -24]);
      if (open[i] !== ((word >>> 9) + 0.5) * 2 ** -23)
        expect([i, open[i]]).toEqual([i, ((word >>> 9) + 0.5) * 2 ** -23]);
      if (!(Math.abs(normal[i]! - exact) < 1e-6)) expect([i, normal[i]]).toEqual([i, exact]);
    }
    for (const values of [uniform, open, normal]) expect([...values.slice(n)]).toEqual([9, 9, 9, 9]);
  });

  test("FOLD_KEY gives the first two words for the datum as counter", async () => {
    const e = await engine(variant);
    const out = e.buffer(2);
    expect(e.load(foldKey(e.of([5, 6], "int"), e.of([42], "int"), out))()).toBe(0);
    expect([...e.ints(out, 2)].map((x) => x >>> 0)).toEqual(philox([42, 0, 0, 0x464f4c44], [5, 6]).slice(0, 2));
  });
});

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
