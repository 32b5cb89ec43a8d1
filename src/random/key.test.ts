import { describe, expect, test } from "vitest";
import { ShapeError, UserError } from "../errors.ts";
import { constant, type DType, evaluate, grad, input, type Tensor } from "../graph/index.ts";
import { array } from "../graph/ndarray.ts";
import { fraction, type Interval } from "../graph/ops/uniform.ts";
import { type Key, key } from "./key.ts";
import { philox } from "./philox.ts";

const draw = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const words = (k: number[], block: number): number[] => philox([block, 0, 0, 0], [k[0]! >>> 0, k[1]! >>> 0]);

/** The numbers that the definition gives, with the published words of the zero key. */
const zeroWords = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];

describe("draws from a key", () => {
  test.each(["float32", "float64"] as const)("uniform has the bits of the definition in %s", (dtype) => {
    expect(draw(key(0).uniform([3], { dtype }))).toEqual(zeroWords.slice(0, 3).map((w) => (w >>> 8) / 2 ** 24));
    expect(draw(key(0).uniform([4], { dtype, open: true }))).toEqual(zeroWords.map((w) => ((w >>> 9) + 0.5) / 2 ** 23));
    expect(key(0).uniform([4], { dtype }).dtype).toBe(dtype);
  });

  test("element e is word e mod 4 of block ⌊e/4⌋, whatever the shape", () => {
    const all = [0, 1, 2].flatMap((block) => words([5, 7], block));
    const bits = constant(array(Int32Array.from([5, 7])));
    expect(draw(key(bits).uniform([3, 3]))).toEqual(all.slice(0, 9).map((w) => (w >>> 8) / 2 ** 24));
    expect(draw(key(bits).uniform([0]))).toEqual([]);
    expect(draw(key(bits).uniform([]))).toEqual([(all[0]! >>> 8) / 2 ** 24]);
  });

  test("normal is Box and Muller's, on the words in pairs", () => {
    const [a, b, c, d] = zeroWords as [number, number, number, number];
    const pair = (u: number, v: number): number[] => {
      const radius = Math.sqrt(-2 * Math.log(((u >>> 8) + 1) / 2 ** 24));
      const angle = (2 * Math.PI * (v >>> 8)) / 2 ** 24;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    };
    const expected = [...pair(a, b), ...pair(c, d)];
    for (const n of [0, 1, 2, 3, 4]) {
      const found = draw(key(0).normal([n], { dtype: "float64" }));
      expect(found.length).toBe(n);
      found.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 14));
    }
    expect(draw(key(0).normal([1]))).toEqual([Math.fround(expected[0]!)]);
  });

  test("bernoulli is 1[u < p]", () => {
    const u = draw(key(3).uniform([4]));
    const p = constant(array([u[0]!, u[1]! + 2 ** -24, 0, 1]));
    expect(draw(key(3).bernoulli(p))).toEqual([0, 1, 0, 1]);
    expect(draw(grad((p: Tensor) => key(3).bernoulli(p).sum())(p))).toEqual([0, 0, 0, 0]);
    expect(key(3).bernoulli(p.cast("float64")).dtype).toBe("float64");
  });

  test("logistic is log u − log(1 − u)", () => {
    const u = draw(key(3).uniform([50], { dtype: "float64", open: true }));
    const found = draw(key(3).logistic([50], { dtype: "float64" }));
    found.forEach((x, i) => expect(1 / (1 + Math.exp(-x))).toBeCloseTo(u[i]!, 14));
  });

  test("an open interval leaves out both of its ends, and a half-open one the upper", () => {
    const ends = (interval: Interval) => [0, 0xffffffff].map((w) => fraction(w, interval, () => w));
    expect(ends("half-open")).toEqual([0, 1 - 2 ** -24]);
    expect(ends("fine")).toEqual([0, 1 - 2 ** -24]);
    expect(ends("open")).toEqual([2 ** -24, 1 - 2 ** -24]);
    for (const w of [0, 3, 0xffffffff, 0x12345678])
      for (const interval of ["half-open", "fine", "open"] as const) {
        const u = fraction(w, interval, () => 0xfedcba98);
        expect(Math.fround(u)).toBe(u);
      }
  });

  /** P(u < p) over all pairs of words: u never falls with the first of them, nor with the second. */
  const probability = (p: number, interval: Interval): number => {
    const count = (isBelow: (word: number) => boolean): number => {
      let [low, high] = [0, 2 ** 32];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (isBelow(middle)) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const whole = count((w) => fraction(w, interval, () => 0xffffffff) < p);
    if (whole === 2 ** 32) return 1;
    return (whole + count((v) => fraction(whole, interval, () => v) < p) / 2 ** 32) / 2 ** 32;
  };

  test.each([1e-15, 1e-12, 1e-9, 5.9e-8, 1e-7, 1e-6, 1.5e-5, 4.54e-5, 2.4e-4])("P(u < p) for p = %d", (p) => {
    const close = Math.max(2 ** -23, 2 ** -63 / p);
    expect(Math.abs(probability(p, "fine") / p - 1)).toBeLessThan(close);
    const excess = probability(p, "half-open") - p;
    if (p < 2 ** -24) expect(Math.abs(excess / p)).toBeLessThan(close);
    else expect(excess >= 0 && excess < 2 ** -24).toBe(true);
  });

  test("P(u < p) exceeds a larger p by less than one step", () => {
    for (const p of [0.001, 0.1, 1 / 3, 0.5, 0.999])
      for (const interval of ["half-open", "fine"] as const) {
        const excess = probability(p, interval) - p;
        expect(excess >= 0 && excess < 2 ** -24).toBe(true);
      }
  });

  test("fine draws differ where they are small alone, and have a second word there", () => {
    const [coarse, fine] = [draw(key(3).uniform([30_000])), draw(key(3).uniform([30_000], { fine: true }))];
    const differing = coarse.flatMap((u, e) => (u === fine[e] ? [] : [e]));
    expect(differing).toEqual(coarse.flatMap((u, e) => (u < 2 ** -12 ? [e] : [])));
    expect(differing.length).toBeGreaterThan(3);
    for (const e of differing) {
      const second = philox([e >>> 2, 0, 0, 0x46494e45], [3, 0])[e & 3]!;
      expect(fine[e]).toBe(Math.fround(words([3, 0], e >>> 2)[e & 3]! / 2 ** 32 + second / 2 ** 64));
    }
  });
});

describe("a key", () => {
  test("is a value: the same numbers whenever it is asked", () => {
    const k = key(9);
    expect(draw(k.uniform([5]))).toEqual(draw(k.uniform([5])));
    expect(draw(k.fold(1).normal([5]))).toEqual(draw(key(9).fold(1).normal([5])));
  });

  test("uses all 53 bits of a seed", () => {
    expect(draw(key(2 ** 32 + 5).uniform([4]))).toEqual(words([5, 1], 0).map((w) => (w >>> 8) / 2 ** 24));
    expect(draw(key(2 ** 53 - 1).uniform([1]))).toEqual([(words([-1, 2 ** 21 - 1], 0)[0]! >>> 8) / 2 ** 24]);
  });

  test.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])("refuses the seed %d", (seed) => {
    expect(() => key(seed)).toThrow(UserError);
    expect(() => key(seed)).toThrow(`a seed is a whole number from 0 to 2^53 - 1, received ${seed}`);
  });

  test("refuses bits of another form", () => {
    expect(() => key(constant(array([1, 2])))).toThrow(ShapeError);
    expect(() => key(constant(array([1, 2, 3], { dtype: "int32" })))).toThrow("int32[2], received int32[3]");
  });
});

describe("fold", () => {
  const bitsOf = (k: Key): Tensor => k.uniform([1]).inputs[0]!;

  test("is the first two words of Philox at (data, 0, 0, FOLD)", () => {
    const [a, b] = philox([77, 0, 0, 0x464f4c44], [0, 0]);
    expect(draw(bitsOf(key(0).fold(77)))).toEqual([a | 0, b | 0]);
  });

  test.each([0, 7, 2 ** 31, 2 ** 32 - 1])("gives the same key for %d known while tracing and when running", (data) => {
    const step = input("step", { shape: [], dtype: "int32" });
    const bits = input("bits", { shape: [2], dtype: "int32" });
    const known = draw(key(11).fold(data).fold(3).uniform([4]));
    const feeds = new Map([
      [step, array(data | 0, { dtype: "int32" })],
      [bits, array([11, 0], { dtype: "int32" })],
    ]);
    const atRun = [
      key(11).fold(step).fold(3),
      key(bits).fold(data).fold(constant(3, "int32")),
      key(bits).fold(step).fold(3),
    ];
    for (const k of atRun) expect([...evaluate([k.uniform([4])], feeds)[0]!.data]).toEqual(known);
  });

  test("of known bits and a known number is a constant", () => {
    expect(bitsOf(key(1).fold(2).fold(3)).op.name).toBe("constant");
  });

  test.each([-1, 0.5, 2 ** 32])("refuses %d", (data) => {
    expect(() => key(0).fold(data)).toThrow(`fold: needs a whole number from 0 to 2^32 - 1, received ${data}`);
  });

  test("gives keys that are all different, and different from their parent", () => {
    const seen = new Set<string>();
    for (const seed of [0, 1]) {
      seen.add(String(draw(bitsOf(key(seed)))));
      for (let data = 0; data < 300; data++) {
        seen.add(String(draw(bitsOf(key(seed).fold(data)))));
        seen.add(String(draw(bitsOf(key(seed).fold(data).fold(data)))));
      }
    }
    expect(seen.size).toBe(2 * 601);
  });

  test("does not commute", () => {
    expect(draw(bitsOf(key(0).fold(1).fold(2)))).not.toEqual(draw(bitsOf(key(0).fold(2).fold(1))));
  });

  // Fixed seeds, so these never flake; the bounds are five standard deviations.
  test("gives draws without correlation to the parent's, to a neighbour's, and to their own shifted by one", () => {
    const n = 20_000;
    const of = (k: Key): number[] => draw(k.normal([n]));
    const [parent, child, neighbour] = [of(key(1)), of(key(1).fold(0)), of(key(1).fold(1))];
    const correlation = (a: number[], b: number[]): number => a.reduce((total, x, i) => total + x * b[i]!, 0) / n;
    const shifted = [...child.slice(1), child[0]!];
    for (const other of [parent, neighbour, shifted])
      expect(Math.abs(correlation(child, other))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(correlation(child, child) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  test("gives uniform draws that fill 256 bins evenly", () => {
    const [n, bins] = [65_536, 256];
    const counts = new Array<number>(bins).fill(0);
    for (const u of draw(key(4).fold(2).uniform([n]))) counts[Math.floor(u * bins)]!++;
    const chiSquare = counts.reduce((total, count) => total + (count - n / bins) ** 2 / (n / bins), 0);
    expect(Math.abs(chiSquare - (bins - 1))).toBeLessThan(5 * Math.sqrt(2 * (bins - 1)));
  });
});

test("a draw of integers is refused", () => {
  expect(() => key(0).uniform([1], { dtype: "int32" as DType })).toThrow("draws are floating-point");
});
