import { UserError } from "../errors.ts";

/** Four 32-bit words, unsigned. */
export type Words4 = [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** The upper 32 bits of a·b for unsigned 32-bit a and b; the lower ones are Math.imul(a, b). */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each partial product is below 2³², and so is each sum with one carry: exact in a double.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/**
 * Philox4x32-10: a bijection of 128-bit counters for each 64-bit key, whose outputs pass as independent uniform words.
 * Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number]): Words4 {
  let [x0, x1, x2, x3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const low0 = Math.imul(MULTIPLIER_0, x0);
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    const low1 = Math.imul(MULTIPLIER_1, x2);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0, x2 >>> 0, x3 >>> 0];
}

/**
 * The words of philox(counter = (i, …at, domain), key), i = 0, 1, …, one a call. Different places and domains give independent
 * sequences for one key.
 */
export function philoxWords(
  key: readonly [number, number],
  domain: number,
  [first, second]: readonly [number, number] = [0, 0],
): () => number {
  let index = 0;
  let block: Words4 = [0, 0, 0, 0];
  return () => {
    const lane = index & 3;
    if (lane === 0) block = philox([(index / 4) >>> 0, first, second, domain], key);
    index++;
    return block[lane]!;
  };
}

/**
 * A uniform integer in [0, bound), 1 ≤ bound ≤ 2³². Words past the largest multiple of `bound` are rejected, so every
 * value has exactly the same probability; fewer than two words are read on average.
 */
export function uniformBelow(nextWord: () => number, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new UserError(`uniformBelow: bound must be an integer in 1..2^32, ${bound} was given`);
  }
  const accepted = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const word = nextWord();
    if (word < accepted) return word % bound;
  }
}
