/** Products of bfloat16 numbers on every instruction set, bit for bit as kernels/README.md defines them. */
import { afterAll, describe, expect, test } from "vitest";
import { Engine, gemm, type Matrix, type Tape } from "../../../kernels/harness.ts";
import { howMany } from "../../../test/support/full.ts";
import { expectSame } from "../testing/blocks-problem.ts";
import { nativeSets } from "../testing/native.ts";
import { remember } from "../testing/remember.ts";
import { AMX, BFLOAT16, MAY_BLOCK } from "./engine.ts";

const word = new DataView(new ArrayBuffer(4));

/** The nearest number with 8 significant bits, the even one of two; numbers below the smallest normal one are 0. */
function round(x: number): number {
  if (!Number.isFinite(x)) return x;
  if (Math.abs(x) < 2 ** -126) return x < 0 || Object.is(x, -0) ? -0 : 0;
  word.setFloat32(0, x);
  const bits = word.getUint32(0);
  const [below, rest] = [bits & 0xffff0000, bits & 0xffff];
  const up = rest > 0x8000 || (rest === 0x8000 && (bits & 0x10000) !== 0);
  word.setUint32(0, (below + (up ? 0x10000 : 0)) >>> 0);
  return word.getFloat32(0);
}

/** Σ_k a[k] b[k]: by 32 k, the sum of the even ones' products and that of the odd ones', in order, then added to what is there. */
function sum(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let k0 = 0; k0 < a.length; k0 += 32) {
    let [even, odd] = [0, 0];
    for (let k = k0; k < Math.min(k0 + 32, a.length); k++) {
      if (k % 2 === 0) even = Math.fround(even + a[k]! * b[k]!);
      else odd = Math.fround(odd + a[k]! * b[k]!);
    }
    total = Math.fround(total + Math.fround(even + odd));
  }
  return total;
}

/** Numbers in [−1, 1) that don't depend on the run. */
function randoms(n: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const storeResult = (buffer: number, m: number, n: number): Tape => ({
  inputs: ["result"],
  outputs: [{ buffer, strides: [m * n, n, 1] }],
  ops: [["MOVE", 1, 0]],
});

/** [batch, m, n, k] on both sides of every branch: one and two tiles each way, blocks of rows and of k, narrow and wide strips. */
const sizes = [
  [1, 5, 24, 1],
  [1, 16, 32, 32],
  [1, 17, 33, 31],
  [1, 32, 48, 65],
  [1, 47, 130, 33],
  [1, 100, 131, 513],
  [1, 40, 1100, 64],
  [1, 700, 40, 1030],
  [1, 20, 1024, 1100],
  [1, 2100, 24, 5],
  [3, 6, 25, 34],
  [2, 40, 40, 1100],
  [2, 1300, 256, 1030],
] as const;

/** [batch, row, column] strides. */
const layouts: Record<string, (rows: number, columns: number) => [number, number, number]> = {
  rows: (r, c) => [r * c, c, 1],
  columns: (r, c) => [r * c, 1, r],
  padded: (r, c) => [r * (c + 3), c + 3, 1],
  spread: (r, c) => [2 * r * c, 2 * c, 2],
  "one row for all": (_, c) => [c, 0, 1],
};
const pairs = [
  ["rows", "rows"],
  ["columns", "rows"],
  ["rows", "columns"],
  ["columns", "columns"],
  ["padded", "spread"],
  ["spread", "one row for all"],
] as const;

type Size = readonly [batch: number, m: number, n: number, k: number];
type Pair = readonly [a: string, b: string];

const numbers = remember<Float32Array>();

/** Buffers that hold a size's operands in any layout, and what lies before them. */
function operandsOf([batch, m, n, k]: Size, [aLayout, bLayout]: Pair) {
  const data = (rows: number, columns: number, seed: number) => {
    const length = batch * (2 * rows + 3) * (columns + 3);
    return numbers([length, seed], () => randoms(length, seed));
  };
  return {
    a: { data: data(m, k, 1), offset: 3, strides: layouts[aLayout]!(m, k) },
    b: { data: data(k, n, 2), offset: 1, strides: layouts[bLayout]!(k, n) },
  };
}

/** Rows or columns at the edges of tiles, panels, strips and blocks; all of a few. */
const near = (length: number) =>
  [...Array(length).keys()].filter((i) => length < 50 || i % 16 === 0 || i % 16 === 15 || i === length - 1);

/** Index and value of the results at the edges. */
function expected(size: Size, layout: Pair): Map<number, number> {
  const [batch, m, n, k] = size;
  const { a, b } = operandsOf(size, layout);
  const line = ({ data, offset, strides }: typeof a, g: number, i: number, along: 1 | 2) =>
    Float32Array.from({ length: k }, (_, q) =>
      round(data[offset + g * strides[0] + i * strides[3 - along]! + q * strides[along]!]!),
    );
  const found = new Map<number, number>();
  for (let g = 0; g < batch; g++) {
    const columns = near(n).map((j) => line(b, g, j, 1));
    for (const i of near(m)) {
      const row = line(a, g, i, 2);
      near(n).forEach((j, at) => found.set((g * m + i) * n + j, sum(row, columns[at]!)));
    }
  }
  return found;
}

const wanted = remember<Map<number, number>>();

const THREADS = 3;
const started: Engine[] = [];
afterAll(() => Promise.all(started.map((e) => e.close())));

/** Every instruction set with emulated products, and those that have AMX with it. */
const units = nativeSets.flatMap((set) => {
  const e = new Engine(`native ${set}`, THREADS, 96);
  started.push(e);
  const emulated = { name: `${set}, emulated`, e, flags: MAY_BLOCK | BFLOAT16 };
  return e.host.allowAmx() ? [emulated, { name: `${set}, AMX`, e, flags: emulated.flags | AMX }] : [emulated];
});

if (units.length === 0) test.skip("bfloat16: the add-on is not built here");

describe.each(units)("$name", ({ e, flags }) => {
  /** The product of random numbers: stored as it is, and with a bias added in the tape. Nothing else is written to. */
  async function multiply(size: Size, layout: Pair, { flags: with_ = flags, threads = 2 } = {}) {
    await e.ready();
    e.clear();
    const [batch, m, n, k] = size;
    const { a, b } = operandsOf(size, layout);
    const matrix = ({ data, offset, strides }: typeof a): Matrix => ({ buffer: e.of(data), offset, strides });
    const [left, right] = [matrix(a), matrix(b)];
    const [scratch, total] = [e.host.gemmScratchWords(m, n, k), batch * m * n];
    const [packed, plain, taped] = [scratch, total, total].map((words) => e.of(new Float32Array(words + 16).fill(77)));
    const bias = e.of(randoms(n, 3));
    const tape: Tape = {
      inputs: ["result", { buffer: bias, strides: [0, 0, 1] }],
      outputs: [{ buffer: taped!, strides: [m * n, n, 1] }],
      ops: [["ADD", 2, 0, 1]],
    };
    const dims: [number, number, number, number] = [...size];
    const run = e.load(
      gemm(dims, left, right, packed!, storeResult(plain!, m, n)),
      gemm(dims, left, right, packed!, tape),
    );
    expect(run(threads, with_)).toBe(0);
    const beyond = [
      ...e.floats(packed!, scratch + 16).slice(scratch),
      ...e.floats(plain!, total + 16).slice(total),
      ...e.floats(taped!, total + 16).slice(total),
    ];
    expect(beyond).toEqual(Array(48).fill(77));
    return { plain: e.floats(plain!, total), taped: e.floats(taped!, total), bias: e.floats(bias, n) };
  }

  test.each(sizes.slice(0, howMany(sizes.length, 7)).map((size) => [size]))(
    "%j: every sum is the one defined, plain and through a tape",
    async (size) => {
      for (const layout of size[1] > 1000 ? pairs.slice(0, 1) : pairs) {
        const { plain, taped, bias } = await multiply(size, layout);
        for (const [index, exact] of wanted([size, layout], () => expected(size, layout))) {
          const biased = Math.fround(exact + bias[index % bias.length]!);
          if (plain[index] !== exact || taped[index] !== biased)
            expect.fail(`${layout} at ${index}: ${plain[index]} and ${taped[index]}, not ${exact} and ${biased}`);
        }
        // The rest, too, is the product of numbers in [−1, 1).
        expect(plain.findIndex((x) => !(Math.abs(x) <= size[3]))).toBe(-1);
      }
    },
  );

  test("what has at most 4 rows, or fewer than 24 columns, is float32's bit for bit", async () => {
    for (const size of [
      [1, 4, 100, 70],
      [1, 100, 23, 70],
      [2, 3, 40, 9],
    ] as const) {
      const received = Float32Array.from((await multiply(size, pairs[0])).plain);
      expectSame((await multiply(size, pairs[0], { flags: MAY_BLOCK })).plain, received);
    }
  });

  test.each([[[1, 100, 131, 513]], [[3, 40, 300, 65]]] as const)(
    "%j: any number of threads gives the same bits",
    async (size) => {
      const first = Float32Array.from((await multiply(size, pairs[0], { threads: 1 })).taped);
      for (const threads of [2, 3, 2, 3]) expectSame((await multiply(size, pairs[0], { threads })).taped, first);
    },
  );

  test("rounding: ties to even, overflow, subnormals, infinities and NaN", async () => {
    await e.ready();
    const n = 32;
    const ulp = 2 ** -7;
    const ordinary = [
      1,
      1 + ulp / 2,
      1 + (3 * ulp) / 2,
      1 + ulp / 2 + 2 ** -20,
      1 + ulp / 2 - 2 ** -20,
      3.4e38,
      2 ** -126,
    ];
    const values = [...ordinary, ...ordinary.map((x) => -x), 2 ** -127, -(2 ** -149), 2 ** -126 * (1 - 2 ** -20)];
    for (const [transposed, layout] of [
      [false, layouts.rows!(n, n)],
      [true, layouts.columns!(n, n)],
    ] as const) {
      e.clear();
      // A row for each number, the rest of it 0, times the identity.
      const [x, identity] = [new Float32Array(n * n), new Float32Array(n * n)];
      values.forEach((value, i) => (x[i * n + i] = value));
      for (let i = 0; i < n; i++) identity[i * n + i] = 1;
      // Rows of infinities and NaN meet no zero: a column of ones, and 0 · ∞ elsewhere.
      x[20 * n] = Infinity;
      // NaN whose upper half alone is no NaN, and one that rounding up would make −0.
      new Uint32Array(x.buffer)[21 * n] = 0x7f800001;
      new Uint32Array(x.buffer)[22 * n] = 0x7fffffff;
      const out = e.buffer(n * n);
      const operand = (data: Float32Array): Matrix => ({ buffer: e.of(data), strides: layout });
      const packed = e.buffer(e.host.gemmScratchWords(n, n, n));
      const [left, right] = transposed ? [operand(identity), operand(x)] : [operand(x), operand(identity)];
      expect(e.load(gemm([1, n, n, n], left, right, packed, storeResult(out, n, n)))(1, flags)).toBe(0);
      const got = e.floats(out, n * n);
      values.forEach((value, i) => {
        const received = got[i * n + i]!;
        if (received !== round(value)) expect.fail(`${value} became ${received}, not ${round(value)}`);
      });
      const special = (i: number) => got[transposed ? i : i * n];
      expect([special(20), special(21), special(22)]).toEqual([Infinity, NaN, NaN]);
    }
  });
});
