import { philoxWords } from "../random/index.ts";

/** Rows in the plane that shows most of their variance. */
export interface Plane {
  /** [rows] */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Shares of the variance along both. */
  readonly shares: readonly [number, number];
  /** Both directions, [width] of length 1. */
  readonly vectors: readonly [Float64Array, Float64Array];
}

/** Multiplications by the covariance: two components that differ by a tenth in variance are apart to 1 in 500 then. */
const ROUNDS = 60;
/** Keeps the words of first directions apart from all other draws ("PCA2"). */
const DOMAIN = 0x50434132;

/**
 * The first two principal components of rows [rows, width] by orthogonal iteration, which doesn't need the covariance (Golub and Van Loan 2013, 8.2.4). Undefined
 * where nothing varies.
 */
export function planeOf(given: Float64Array, rows: number): Plane | undefined {
  const width = given.length / rows;
  const x = centred(given, rows, width);
  const total = x.reduce((sum, value) => sum + value * value, 0);
  if (!(total > 0) || width < 2) return undefined;
  const word = philoxWords([0, 0], DOMAIN);
  const begun = (): Float64Array => Float64Array.from({ length: width }, () => (word() >>> 0) / 2 ** 32 - 0.5);
  let [first, second] = [begun(), begun()];
  for (let round = 0; round < ROUNDS; round++) {
    first = unit(back(x, along(x, first, rows), width));
    const next = back(x, along(x, second, rows), width);
    const shared = dot(next, first);
    second = unit(next.map((value, i) => value - shared * first[i]!));
  }
  const [a, b] = [along(x, first, rows), along(x, second, rows)];
  return { x: a, y: b, shares: [dot(a, a) / total, dot(b, b) / total], vectors: [first, second] };
}

function centred(given: Float64Array, rows: number, width: number): Float64Array {
  const means = new Float64Array(width);
  for (let i = 0; i < given.length; i++) means[i % width]! += given[i]! / rows;
  return given.map((value, i) => value - means[i % width]!);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/** x · vector, [rows] */
function along(x: Float64Array, vector: Float64Array, rows: number): Float64Array {
  const width = vector.length;
  const found = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += x[row * width + i]! * vector[i]!;
    found[row] = sum;
  }
  return found;
}

/** xᵀ · values, [width] */
function back(x: Float64Array, values: Float64Array, width: number): Float64Array {
  const found = new Float64Array(width);
  for (let row = 0; row < values.length; row++)
    for (let i = 0; i < width; i++) found[i]! += values[row]! * x[row * width + i]!;
  return found;
}
