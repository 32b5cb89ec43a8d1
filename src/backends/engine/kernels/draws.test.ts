import { afterAll, describe, expect, test } from "vitest";
import { elementwise, foldKey, type Tape } from "../../../../kernels/harness.ts";
import { enginePool } from "../../testing/engine-pool.ts";
import { product, rowMajor, variants } from "./testing.ts";

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
