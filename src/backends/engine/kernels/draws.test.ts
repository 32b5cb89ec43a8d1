import { afterAll, describe, expect, test } from "vitest";
import { elementwise, foldKey, type Tape } from "../../../../kernels/harness.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { product, variants } from "./testing.ts";

const { engine, close } = enginePool();
afterAll(close);

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

/** What a word near 0 becomes with a second one behind it. */
function refined(element: number, key: number[]): number {
  const [word, second] = [0, 0x46494e45].map((last) => philox([element >>> 2, 0, 0, last], key)[element & 3]!);
  return Math.fround(word! * 2 ** -32 + second! * 2 ** -64);
}

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

  // Rows with a gap of 3 behind them are drawn one by one: at all four places within a block of four words, with all kinds of ends.
  test.each([
    { dims: [1], gap: 0 },
    { dims: [5], gap: 0 },
    { dims: [3, 7], gap: 0 },
    { dims: [1000], gap: 0 },
    { dims: [40003], gap: 0 },
    { dims: [129, 131], gap: 0 },
    { dims: [6, 130], gap: 3 },
    { dims: [7, 159], gap: 3 },
    { dims: [9, 517], gap: 3 },
  ])("shape $dims, rows $gap apart", async ({ dims, gap }) => {
    const e = await engine(variant);
    const width = dims.at(-1)! + gap;
    const n = (product(dims) / dims.at(-1)!) * width;
    const key = e.of([77, 0x12345678], "int");
    const out = Array.from({ length: 4 }, () => e.buffer(n + 4));
    out.forEach((buffer) => {
      e.floats(buffer, n + 4).fill(9);
    });
    const tape: Tape = {
      outputs: out.map((buffer) => ({ buffer, strides: dims.length > 1 ? [width, 1] : [1] })),
      keys: [{ buffer: key }],
      ops: [
        ["UNIFORM", 0, 0],
        ["UNIFORM_OPEN", 1, 0],
        ["NORMAL", 2, 0],
        ["UNIFORM_FINE", 3, 0],
      ],
    };
    expect(e.load(elementwise(dims, tape))()).toBe(0);
    const [uniform, open, normal, fine] = out.map((buffer) => e.floats(buffer, n + 4)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let at = 0; at < n; at++) {
      const column = at % width;
      const i = Math.floor(at / width) * (width - gap) + column;
      if (column >= width - gap) {
        if ([uniform, open, normal, fine].some((values) => values[at] !== 9))
          expect.fail(`the gap at ${at} is written`);
        continue;
      }
      const x = (blocks[i >>> 2] ??= philox([i >>> 2, 0, 0, 0], [77, 0x12345678]));
      const word = x[i & 3]!;
      const [u, v] = i & 2 ? [x[2]!, x[3]!] : [x[0]!, x[1]!];
      const radius = Math.sqrt(-2 * Math.log(((u >>> 8) + 1) * 2 ** -24));
      const angle = 2 * Math.PI * (v >>> 8) * 2 ** -24;
      const exact = radius * (i & 1 ? Math.sin(angle) : Math.cos(angle));
      const plain = (word >>> 8) * 2 ** -24;
      const half = ((word >>> 9) + 0.5) * 2 ** -23;
      const wanted = word < 2 ** 20 ? refined(i, [77, 0x12345678]) : plain;
      if (uniform[at] !== plain) expect([i, uniform[at]]).toEqual([i, plain]);
      if (open[at] !== half) expect([i, open[at]]).toEqual([i, half]);
      if (fine[at] !== wanted) expect([i, fine[at]]).toEqual([i, wanted]);
      if (!(Math.abs(normal[at]! - exact) < 1e-6)) expect([i, normal[at]]).toEqual([i, exact]);
    }
    for (const values of [uniform, open, normal, fine]) expect([...values.slice(n)]).toEqual([9, 9, 9, 9]);
  });

  // Keys that were searched for: one word in 2²⁴ is below 2⁸.
  test.each([
    [33393, 993, 14],
    [24529, 1466, 58],
    [9508, 1911, 170],
  ])("with key %i word %i is %i, and has a second one behind it", async (first, element, word) => {
    const e = await engine(variant);
    const out = e.buffer(2000);
    const key = [first, 0x12345678];
    const tape: Tape = {
      outputs: [{ buffer: out, strides: [1] }],
      keys: [{ buffer: e.of(key, "int") }],
      ops: [["UNIFORM", 0, 0]],
    };
    expect(philox([element >>> 2, 0, 0, 0], key)[element & 3]).toBe(word);
    expect(e.load(elementwise([2000], tape))()).toBe(0);
    const drawn = e.floats(out, 2000);
    expect(drawn[element]).toBe(refined(element, key));
    for (const beside of [element - 1, element + 1]) {
      const other = philox([beside >>> 2, 0, 0, 0], key)[beside & 3]!;
      expect(drawn[beside]).toBe((other >>> 8) * 2 ** -24);
    }
  });

  test("FOLD_KEY gives the first two words for the datum as counter", async () => {
    const e = await engine(variant);
    const out = e.buffer(2);
    expect(e.load(foldKey(e.of([5, 6], "int"), e.of([42], "int"), out))()).toBe(0);
    expect([...e.ints(out, 2)].map((x) => x >>> 0)).toEqual(philox([42, 0, 0, 0x464f4c44], [5, 6]).slice(0, 2));
  });
});
