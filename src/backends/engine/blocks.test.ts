import { afterAll, describe, expect, test } from "vitest";
import { type BlocksSize, blockProduct, blocksGradient, planWords, type Tape } from "../../../kernels/harness.ts";
import { full } from "../../../test/support/full.ts";
import { expectSame, Problem, randoms, size, startsOf } from "../testing/blocks-problem.ts";
import { enginePool } from "../testing/engine-pool.ts";
import { nativeSets } from "../testing/native.ts";
import { remember } from "../testing/remember.ts";

const native = nativeSets.map((set) => `native ${set}`);
const wasm = full ? ["simd", "relaxed", "relaxed-wide", "simd-single", "relaxed-single"] : ["relaxed"];
const variants = [...wasm, ...native];
const threaded = variants.filter((variant) => !/wide|single/.test(variant));
const { engine, close } = enginePool();
afterAll(close);

/** Sums in double precision, with the sum of sizes that bounds the error of one in single precision. */
class Sums {
  readonly value: Float64Array;
  readonly scale: Float64Array;
  constructor(length: number) {
    this.value = new Float64Array(length);
    this.scale = new Float64Array(length);
  }
  add(i: number, term: number): void {
    this.value[i]! += term;
    this.scale[i]! += Math.abs(term);
  }
  /** Whether numbers are these sums up to single precision's rounding of `terms` terms. */
  expect(found: Float32Array, terms: number, name: string): void {
    let worst = -1;
    for (let i = 0; i < this.value.length; i++) {
      const bound = this.scale[i]! * 2 ** -24 * (4 + Math.sqrt(terms) * 2) + 1e-37;
      if (!(Math.abs(found[i]! - this.value[i]!) <= bound)) {
        worst = i;
        break;
      }
    }
    expect(worst === -1 || `${name}: element ${worst} is ${found[worst]}, should be ${this.value[worst]}`).toBe(true);
  }
}

function toBlocksOf({ size, plan, x, weights }: Problem): Sums {
  const { units, depth } = size;
  const sums = new Sums(plan.pairs * units);
  for (let p = 0; p < plan.pairs; p++)
    for (let s = 0; s < units; s++)
      for (let d = 0; d < depth; d++)
        sums.add(p * units + s, x[plan.rows[p]! * depth + d]! * weights[(plan.blocks[p]! * units + s) * depth + d]!);
  return sums;
}

function fromBlocksOf({ size, plan, c, weights }: Problem): Sums {
  const { examples, units, depth } = size;
  const sums = new Sums(examples * depth);
  for (let p = 0; p < plan.pairs; p++)
    for (let s = 0; s < units; s++)
      for (let d = 0; d < depth; d++)
        sums.add(plan.rows[p]! * depth + d, c[p * units + s]! * weights[(plan.blocks[p]! * units + s) * depth + d]!);
  return sums;
}

function gradientOf({ size, plan, c, x }: Problem): Sums {
  const { blocks, units, depth } = size;
  const sums = new Sums(blocks * units * depth);
  for (let p = 0; p < plan.pairs; p++)
    for (let s = 0; s < units; s++)
      for (let d = 0; d < depth; d++)
        sums.add((plan.blocks[p]! * units + s) * depth + d, c[p * units + s]! * x[plan.rows[p]! * depth + d]!);
  return sums;
}

const stored = (buffer: number, row: number, offset = 0): Tape => ({
  inputs: ["result"],
  outputs: [{ buffer, offset, strides: [0, row, 1] }],
  ops: [["MOVE", 1, 0]],
});

/** w ← w − G/2, in place. */
const update = (buffer: number, row: number): Tape => ({
  inputs: ["result", { buffer, strides: [0, row, 1] }, { immediate: -0.5 }],
  outputs: [{ buffer, strides: [0, row, 1] }],
  ops: [["MULADD", 3, 0, 2, 1]],
});

/** The same by way of temporaries. */
const updateInSteps = (buffer: number, row: number): Tape => ({
  inputs: ["result", { buffer, strides: [0, row, 1] }, { immediate: -0.5 }],
  outputs: [{ buffer, strides: [0, row, 1] }],
  temps: 2,
  ops: [
    ["MUL", 4, 0, 2],
    ["MOVE", 5, 1],
    ["ADD", 3, 4, 5],
  ],
});

const sums = remember<Sums>();

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** The three products of a problem, each against its definition. */
function checkProducts(p: Problem, threads?: number): Float32Array[] {
  const { examples, blocks, units, depth } = p.size;
  const width = blocks * units;
  const { plan, x, weights, c, packed } = p.at;
  const toOut = p.room(examples * width);
  const to = blockProduct("TO_BLOCKS", p.size, { plan, from: x, weights, out: toOut, packed });
  const toFound = p.run([to], toOut, examples * width, threads);
  sums(["toBlocksOf", ...p.name], () => toBlocksOf(p)).expect(toFound, depth, "TO_BLOCKS");
  expect(
    toFound.slice(p.plan.pairs * units).every((value) => value === 77),
    "rows behind the last pair",
  ).toBe(true);
  const fromOut = p.room(examples * depth);
  const from = blockProduct("FROM_BLOCKS", p.size, { plan, from: c, weights, out: fromOut, packed });
  const fromFound = p.run([from], fromOut, examples * depth, threads);
  sums(["fromBlocksOf", ...p.name], () => fromBlocksOf(p)).expect(fromFound, width, "FROM_BLOCKS");
  const gradientOut = p.room(width * depth);
  const gradient = blocksGradient(p.size, { plan, x, c, packed }, false, stored(gradientOut, depth));
  const gradientFound = p.run([gradient], gradientOut, width * depth, threads);
  sums(["gradientOf", ...p.name], () => gradientOf(p)).expect(gradientFound, examples, "BLOCKS_GRADIENT");
  return [toFound, fromFound, gradientFound];
}

/** Sizes with every number of units and every remainder that the kernels tell apart. */
const sizes: BlocksSize[] = [
  size(1, 1, 1, 1),
  size(1, 70, 1, 10),
  size(3, 2, 2, 3),
  size(7, 5, 3, 17),
  size(20, 9, 5, 33),
  size(33, 40, 1, 131),
  size(64, 11, 2, 47),
  size(50, 33, 8, 10),
  size(37, 6, 16, 65),
  size(300, 3, 17, 30),
  size(90, 2, 64, 100),
  size(26, 4, 5, 1100),
  size(40, 40, 3, 1057),
  size(9, 2, 600, 24),
  size(130, 40, 4, 9),
  size(3, 600, 2, 9),
  size(40, 20, 9, 40),
];
const densities = [0, 0.02, 0.1, 0.5, 1];
const named = (s: BlocksSize) => `B ${s.examples}, K ${s.blocks}, S ${s.units}, D ${s.depth}`;

describe.each(variants)("%s: gated blocks", (variant) => {
  test.each(sizes.map((s) => [named(s), s] as const))("%s: products are those of open pairs alone", async (_, s) => {
    for (const density of densities) checkProducts(new Problem(await engine(variant), s, density, 5 + density * 100));
  });

  test("a block may have more pairs than are packed at a time", async () => {
    checkProducts(new Problem(await engine(variant), size(140, 16, 15, 512), 1, 8));
  });

  test("there may be more examples, and more weights, than are taken together", async () => {
    checkProducts(new Problem(await engine(variant), size(1100, 90, 1, 3000), 0.03, 6));
  });

  test("blocks with few pairs, and narrow ones, give the products too", async () => {
    for (const units of [1, 3, 4, 6, 15])
      for (const [density, depth] of [
        [0.03, 72],
        [0.12, 1069],
        [0.3, 40],
      ] as const)
        checkProducts(new Problem(await engine(variant), size(13, 22, units, depth), density, 11));
  });

  // Rows that begin with a cache line may go past the caches; one number further on they don't, and small problems have shown those right.
  // Nothing goes past the caches of wasm.
  if (native.includes(variant))
    test("a long gradient is the same to the bit wherever it lies", async () => {
      for (const [s, density] of [
        [size(13, 33, 64, 1024), 0.1],
        [size(80, 17, 128, 1024), 0.3],
        [size(150, 9, 240, 1024), 0.95],
        [size(260, 700, 3, 1024), 0.004],
      ] as const) {
        const p = new Problem(await engine(variant), s, density, 13);
        // One block has more pairs than are added up in single precision.
        for (let r = 0; r < s.examples; r++) p.e.floats(p.at.gates, p.gates.length)[r * s.blocks] = 1;
        p.e.floats(p.at.c, p.c.length).set(randoms(p.c.length, 14));
        const words = s.blocks * s.units * s.depth;
        const { plan, x, c, packed } = p.at;
        const [aligned, shifted] = [0, 1].map((offset) => {
          const out = p.room(words + offset);
          const tape = stored(out, s.depth, offset);
          return p.run([blocksGradient(s, { plan, x, c, packed }, false, tape)], out, words + offset).subarray(offset);
        });
        expect(Buffer.compare(bytesOf(aligned!), bytesOf(shifted!))).toBe(0);
      }
    });

  test("a dense plan gives the products of all pairs", async () => {
    for (const s of [size(3, 2, 2, 3), size(20, 9, 5, 33), size(37, 6, 16, 65), size(64, 11, 2, 47)]) {
      const p = new Problem(await engine(variant), s, 0.6, 3, 0);
      expect(p.plan.dense).toBe(true);
      checkProducts(p);
    }
  });

  test("a gate too small to be a normal number is open", async () => {
    const s = size(3, 21, 1, 1);
    const p = new Problem(await engine(variant), s, 0, 3);
    const gates = p.e.floats(p.at.gates, p.gates.length);
    for (const at of [1, 18, 62]) gates[at] = at === 18 ? -1e-45 : 1e-40;
    expect(p.e.load(p.routing())()).toBe(0);
    expect([...p.e.ints(p.at.plan, 4)]).toEqual([3, 0, 3, 3]);
  });

  test.each(sizes.map((s) => [named(s), s] as const))(
    "%s: the plan lists open pairs by block and by example",
    async (_, s) => {
      for (const density of densities)
        for (const denseAbove of [Infinity, 0, Math.floor(0.3 * s.examples * s.blocks)]) {
          const p = new Problem(await engine(variant), s, density, 9, denseAbove);
          p.gates.forEach((g, i) => {
            if (g !== 0 && i % 7 === 0) p.e.floats(p.at.gates, p.gates.length)[i] = NaN;
          });
          const words = p.e.ints(p.at.plan, planWords(s.examples, s.blocks)).fill(-7);
          expect(p.e.load(p.routing())()).toBe(0);
          const { pairs, dense, openBlocks, open } = p.plan;
          expect([...words.slice(0, 4)]).toEqual([pairs, Number(dense), openBlocks, open]);
          const starts = words.subarray(4, 4 + s.blocks + 1);
          const [rows, blocks, lists] = [0, 1, 2].map((i) => {
            const at = 4 + s.blocks + 1 + i * s.examples * s.blocks + (i === 2 ? s.examples + 1 : 0);
            return words.slice(at, at + pairs);
          });
          expectSame(rows!, p.plan.rows);
          expectSame(blocks!, p.plan.blocks);
          if (dense) continue;
          expectSame(starts, startsOf(p.plan.blocks, s.blocks));
          const numbers = Array.from({ length: pairs }, (_, q) => q);
          const byExample = numbers.sort((a, b) => p.plan.rows[a]! - p.plan.rows[b]! || a - b);
          expectSame(lists!, byExample);
          const at = 4 + s.blocks + 1 + 2 * s.examples * s.blocks;
          expectSame(words.slice(at, at + s.examples + 1), startsOf(p.plan.rows, s.examples));
        }
    },
  );

  test("a tape updates weights in place, and leaves those of closed blocks alone where it may", async () => {
    for (const s of [
      size(6, 9, 5, 33),
      size(12, 40, 1, 131),
      size(5, 30, 2, 520),
      size(7, 6, 16, 600),
      size(4, 12, 3, 10),
    ])
      for (const [skips, tape] of [
        [false, update],
        [true, update],
        [true, updateInSteps],
      ] as const) {
        const p = new Problem(await engine(variant), s, 0.06, 21);
        const words = s.blocks * s.units * s.depth;
        const before = randoms(words, 4);
        const open = new Set(p.plan.blocks);
        expect(open.size).toBeLessThan(s.blocks);
        const w = p.room(words);
        p.e.floats(w, words).set(before);
        const { plan, x, c, packed } = p.at;
        const found = p.run([blocksGradient(p.size, { plan, x, c, packed }, skips, tape(w, s.depth))], w, words);
        const gradient = sums(["gradientOf", ...p.name], () => gradientOf(p));
        const expected = new Sums(words);
        const untouched = [];
        for (let i = 0; i < words; i++) {
          expected.add(i, before[i]!);
          expected.add(i, -gradient.value[i]! / 2);
          expected.scale[i]! += gradient.scale[i]!;
          if (!open.has(Math.floor(i / s.units / s.depth)) && found[i] !== before[i]) untouched.push(i);
        }
        expected.expect(found, s.examples, named(s));
        expect(untouched).toEqual([]);
      }
  });

  test("the flag keeps a tape away from closed blocks, and only then", async () => {
    for (const s of [size(12, 40, 1, 131), size(9, 10, 9, 40)]) {
      const p = new Problem(await engine(variant), s, 0.05, 31);
      const open = new Set(p.plan.blocks);
      const words = s.blocks * s.units * s.depth;
      const tape = (buffer: number): Tape => ({
        inputs: [{ immediate: 3 }],
        outputs: [{ buffer, strides: [0, s.depth, 1] }],
        ops: [["MOVE", 1, 0]],
      });
      for (const skips of [false, true]) {
        const out = p.room(words, 77);
        const { plan, x, c, packed } = p.at;
        const real: Tape = { ...tape(out), inputs: ["result", { immediate: 3 }], ops: [["MOVE", 2, 1]] };
        const found = p.run([blocksGradient(p.size, { plan, x, c, packed }, skips, real)], out, words);
        const expected = Float32Array.from({ length: words }, (_, i) =>
          !skips || open.has(Math.floor(i / s.units / s.depth)) ? 3 : 77,
        );
        expectSame(found, expected);
      }
      const out = p.room(words);
      const { plan, x, c, packed } = p.at;
      const found = p.run([blocksGradient(p.size, { plan, x, c, packed }, true, stored(out, s.depth))], out, words);
      const closed = (i: number) => !open.has(Math.floor(i / s.units / s.depth));
      expect(found.every((value, i) => (value === 77) === closed(i))).toBe(true);
    }
  });
});

describe.each(threaded)("%s: threads", (variant) => {
  test("results are the same to the bit for every number of threads", async () => {
    for (const s of [
      size(100, 40, 16, 200),
      size(64, 300, 1, 784),
      size(64, 300, 3, 40),
      size(300, 3, 64, 100),
      size(300, 12, 16, 10),
      size(11, 60, 4, 1024),
    ])
      for (const density of [0.05, 0.4]) {
        const results = [];
        for (const threads of [1, 2, 3]) {
          const p = new Problem(await engine(variant, threads), s, density, 17);
          const words = p.e.ints(p.at.plan, planWords(s.examples, s.blocks)).fill(0);
          results.push([...checkProducts(p, threads), Int32Array.from(words)].map(bytesOf));
        }
        const [alone, ...others] = results;
        for (const other of others)
          expect(other.map((all, i) => all.equals(alone![i]!))).toEqual([true, true, true, true]);
      }
  });
});
