import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { philox, philoxWords, uniformBelow } from "./philox.ts";

const word = fc.integer({ min: 0, max: 0xffffffff });

/** The paper's round, written with big integers. */
function philoxByBigInt(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [x0, x1, x2, x3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * x0;
    const product1 = 0xcd9e8d57n * x2;
    [x0, x1, x2, x3] = [(product1 >> 32n) ^ x1 ^ k0, product1 & mask, (product0 >> 32n) ^ x3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [x0, x1, x2, x3].map(Number);
}

describe("philox(counter, key)", () => {
  test.each([
    {
      counter: [0, 0, 0, 0],
      key: [0, 0],
      words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])("gives the words that Random123 publishes for key $key", ({ counter, key, words }) => {
    const [c0, c1, c2, c3] = counter as [number, number, number, number];
    const [k0, k1] = key as [number, number];
    expect(philox([c0, c1, c2, c3], [k0, k1])).toEqual(words);
  });

  test("equals the definition in big integers for any counter and key", () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(philox(counter, key)).toEqual(philoxByBigInt(counter, key));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("philoxWords(key, domain)", () => {
  test("gives the four words of each block in order", () => {
    const next = philoxWords([7, 9], 3);
    const words = Array.from({ length: 9 }, next);
    expect(words).toEqual([
      ...philox([0, 0, 0, 3], [7, 9]),
      ...philox([1, 0, 0, 3], [7, 9]),
      philox([2, 0, 0, 3], [7, 9])[0],
    ]);
  });
});

describe("uniformBelow(nextWord, bound)", () => {
  const replay = (words: number[]) => () => {
    const next = words.shift();
    if (next === undefined) throw new Error("asked for more words than the test gave");
    return next;
  };

  test("rejects exactly the words past the largest multiple of the bound", () => {
    expect(uniformBelow(replay([0xffffffff, 0xfffffffe]), 3)).toBe(0xfffffffe % 3);
    expect(uniformBelow(replay([0xffffffff]), 2 ** 16)).toBe(0xffff);
    // 2³² − 2³² mod (2³¹ + 1) = 2³¹ + 1: nearly half of the words are rejected.
    expect(uniformBelow(replay([2 ** 31 + 1, 0xffffffff, 2 ** 31]), 2 ** 31 + 1)).toBe(2 ** 31);
    expect(uniformBelow(replay([0xffffffff]), 2 ** 32)).toBe(0xffffffff);
  });

  test("accepts equally many words for every value", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (bound) => {
        const accepted = 2 ** 32 - (2 ** 32 % bound);
        expect(accepted % bound).toBe(0);
        expect(uniformBelow(replay([accepted - 1]), bound)).toBe(bound - 1);
        if (accepted < 2 ** 32) expect(uniformBelow(replay([accepted, 0]), bound)).toBe(0);
      }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])("refuses the bound %d", (bound) => {
    expect(() => uniformBelow(replay([0]), bound)).toThrow(UserError);
  });
});
