/** KTH_LARGEST and TOP_K of every build against a sort, bit for bit. */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Engine, kthLargest, topK } from "../../../kernels/harness.ts";
import { expectSame } from "../testing/blocks-problem.ts";
import { nativeSets } from "../testing/native.ts";
import { remember } from "../testing/remember.ts";

const builds: readonly [variant: string, threads: number][] = [
  ["simd-single", 1],
  ["relaxed-single", 1],
  ["relaxed-wide", 3],
  ...nativeSets.map((set, i): [string, number] => [`native ${set}`, i + 1]),
];

const falling = (a: number, b: number): number =>
  Number(Number.isNaN(b)) - Number(Number.isNaN(a)) || (a === b ? 0 : b - a);
const sorted = (x: Float32Array, row: number, n: number): number[] =>
  [...x.subarray(row * n, (row + 1) * n)].sort(falling);

const sortedRows = remember<number[][]>();

/** Numbers of every size, with ties, infinities, NaN of both signs and both zeros. */
const number = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.float({ noNaN: true, min: -4, max: 4 }).filter((x) => x === 0 || Math.abs(x) > 2 ** -126),
  },
  { weight: 2, arbitrary: fc.constantFrom(-1, 0, 1, 2) },
  { weight: 1, arbitrary: fc.constantFrom(-0, Infinity, -Infinity, 3.4e38, -3.4e38, 2 ** -126, 1 + 2 ** -23) },
  { weight: 1, arbitrary: fc.constantFrom(NaN) },
);

describe.each(builds)("%s, %i threads", (variant, threads) => {
  const started = new Engine(variant, threads).ready();
  afterAll(async () => (await started).close());

  /** The kernel's answer; nothing beyond it may be written. */
  async function select(x: Float32Array, rows: number, n: number, k: number): Promise<Float32Array> {
    const e = await started;
    e.clear();
    const out = e.buffer(rows + 4);
    e.floats(out, rows + 4).fill(9);
    expect(e.load(kthLargest([rows, n, k], e.of(x), out))()).toBe(0);
    expect([...e.floats(out, rows + 4).slice(rows)]).toEqual([9, 9, 9, 9]);
    return e.floats(out, rows).slice();
  }

  test("is what a sort gives, with ties, infinities, NaN and zeros of both signs", async () => {
    const rows = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 70 })).chain(([rows, n]) =>
      fc.record({
        n: fc.constant(n),
        k: fc.integer({ min: 1, max: n }),
        x: fc.array(number, { minLength: rows * n, maxLength: rows * n }).map((list) => Float32Array.from(list)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(rows, async ({ n, k, x }) => {
        const got = await select(x, x.length / n, n, k);
        got.forEach((value, row) => {
          expect(Object.is(value, sorted(x, row, n)[k - 1]! + 0)).toBe(true);
        });
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  /** Where the k largest stand; nothing beyond may be written. */
  async function top(x: Float32Array, rows: number, n: number, k: number): Promise<number[]> {
    const e = await started;
    e.clear();
    const out = e.buffer(rows * k + 4);
    e.floats(out, rows * k + 4).fill(9);
    expect(e.load(topK([rows, n, k], e.of(x), out))()).toBe(0);
    const { buffer, byteOffset } = e.floats(out, rows * k + 4);
    expect([...e.floats(out, rows * k + 4).slice(rows * k)]).toEqual([9, 9, 9, 9]);
    return [...new Int32Array(buffer, byteOffset, rows * k)];
  }

  test.each([
    [1, 1, 1],
    [5, 9, 4],
    [3, 70, 70],
    [300, 64, 10],
    [7, 4096, 512],
  ])("the places of the largest: rows and length [%i, %i], k = %i", async (rows, n, k) => {
    const odd = [Number.NaN, Infinity, -Infinity, 0, -0, 1];
    const x = Float32Array.from({ length: rows * n }, (_, i) => odd[(i * 7) % 11] ?? Math.round(9 * Math.sin(i ** 2)));
    const places = (row: number): number[] =>
      Array.from({ length: n }, (_, i) => i).sort((a, b) => falling(x[row * n + a]!, x[row * n + b]!));
    expect(await top(x, rows, n, k)).toEqual(Array.from({ length: rows }, (_, row) => places(row).slice(0, k)).flat());
  });

  test.each([
    [1000, 64],
    [37, 4096],
    [3, 20_011],
    [129, 2000],
  ])("[%i, %i]: every k from the maximum to the minimum", async (rows, n) => {
    const x = Float32Array.from({ length: rows * n }, (_, i) => Math.sin(12.9898 * (i + 1)) ** 3 * 10 ** (i % 7));
    for (const k of [1, 2, Math.ceil(n / 10), Math.ceil(n / 2), n - 1, n]) {
      const wanted = sortedRows([rows, n], () => Array.from({ length: rows }, (_, row) => sorted(x, row, n)));
      expectSame(
        await select(x, rows, n, k),
        wanted.map((row) => row[k - 1]! + 0),
      );
    }
  });

  test("a NaN's sign and payload make no difference", async () => {
    const bits = new Int32Array([0x7fc00000, -0x400000, 0x7f800001, 0x3f800000, 0]);
    const x = new Float32Array(bits.buffer);
    for (const [i, want] of [NaN, NaN, NaN, 1, 0].entries()) expect((await select(x, 1, 5, i + 1))[0]).toBe(want);
  });
});
