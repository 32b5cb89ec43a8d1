import { philox } from "../../random/philox.ts";

/**
 * Direction numbers of the dimensions from the second on: degree s and coefficients a of a primitive polynomial, and the first m.
 * Joe and Kuo 2008, Constructing Sobol' sequences with better two-dimensional projections (new-joe-kuo-6).
 */
const DIRECTIONS: readonly (readonly [s: number, a: number, m: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

/** Dimensions that there are direction numbers for. */
export const MOST_DIMENSIONS = DIRECTIONS.length + 1;

const BITS = 32;

/** The 32 direction numbers of a dimension, from 0. */
function directions(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) return v.map((_, i) => 2 ** (BITS - 1 - i));
  const [s, a, m] = DIRECTIONS[dimension - 1]!;
  for (let i = 0; i < BITS; i++) {
    if (i < s) v[i] = m[i]! << (BITS - 1 - i);
    else {
      let x = v[i - s]! ^ (v[i - s]! >>> s);
      for (let k = 1; k < s; k++) if ((a >>> (s - 1 - k)) & 1) x ^= v[i - k]!;
      v[i] = x;
    }
  }
  return v;
}

/**
 * Points of a Sobol' sequence in [0, 1)ᵈ, which fill the space more evenly than random ones. With a seed, each dimension is shifted by 32
 * bits of its own (Cranley and Patterson's shift, in base 2), which keeps that.
 * Sobol' 1967; the order of Antonov and Saleev 1979, in Gray's code.
 * @param dimensions 1 to 21
 * @returns the point of a number from 0 on
 */
export function sobol(dimensions: number, seed?: number): (index: number) => Float64Array {
  const tables = Array.from({ length: dimensions }, (_, i) => directions(i));
  const shifts = tables.map((_, i) => (seed === undefined ? 0 : philox([i, 0, 0, 0], [seed >>> 0, 0])[0]));
  return (index) => {
    const gray = index ^ (index >>> 1);
    return Float64Array.from(tables, (v, i) => {
      let x = shifts[i]!;
      for (let bit = 0; bit < BITS; bit++) if ((gray >>> bit) & 1) x ^= v[bit]!;
      return (x >>> 0) / 2 ** BITS;
    });
  };
}
