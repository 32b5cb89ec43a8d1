import { symmetricEigen } from "../statistics/eigen.ts";
import { planeOf } from "./components.ts";
import { encode, standardised } from "./encode.ts";
import type { Feature } from "./features.ts";

/** Rows in the plane that shows most of their variance. */
export interface PrincipalMap {
  /** [rows] */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The columns that it is made of, [rows, width]. */
  readonly standard: Float64Array;
  /** Shares of the variance along both. */
  readonly shares: readonly [number, number];
  /** The columns that weigh most in each direction, with their weights, the largest first. */
  readonly directions: readonly [Direction, Direction];
}

/** A direction by its largest weights. */
export type Direction = readonly { readonly name: string; readonly weight: number }[];

/** With more columns the covariance takes too long. */
const MOST_COLUMNS = 200;

/**
 * The first two principal components: numbers standardised, missing ones at the mean, and categories as columns of 0 and 1, which keep their scale. Scaled, a value
 * that two rows have would lie farther out than any number. Undefined for fewer than two columns.
 */
export function principalMap(features: readonly Feature[], rows: number): PrincipalMap | undefined {
  const { x, width, names } = scaled(features, rows);
  if (width < 2 || rows < 3) return undefined;
  if (width > MOST_COLUMNS) {
    const plane = planeOf(x, rows);
    return plane && { ...plane, standard: x, directions: plane.vectors.map((vector) => directionOf(vector, names)) as [Direction, Direction] }; // biome-ignore format: one line
  }
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) {
      const value = x[row * width + i]!;
      for (let j = 0; j <= i; j++) covariance[i]![j]! += (value * x[row * width + j]!) / rows;
    }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) covariance[j]![i] = covariance[i]![j]!;
  const { values, vectors } = symmetricEigen(covariance);
  const total = values.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return undefined;
  const along = (vector: Float64Array): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += vector[i]! * x[row * width + i]!;
      return sum;
    });
  const [first, second] = [vectors[0]!, vectors[1]!];
  return {
    ...{ x: along(first), y: along(second), standard: x },
    shares: [values[0]! / total, Math.max(0, values[1]!) / total],
    directions: [directionOf(first, names), directionOf(second, names)],
  };
}

/** The columns that weigh most. */
const directionOf = (vector: Float64Array, names: readonly string[]): Direction =>
  names
    .map((name, i) => ({ name, weight: vector[i]! }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, 3);

/** The columns of a map side by side: [rows, width]. */
function scaled(
  features: readonly Feature[],
  rows: number,
): { readonly x: Float64Array; readonly width: number; readonly names: readonly string[] } {
  // biome-ignore format: one line
  const encoded = encode(features, rows);
  const standard = standardised(
    encoded,
    Int32Array.from({ length: rows }, (_, row) => row),
  );
  const kept = [...encoded.kinds.keys()].filter((column) => encoded.kinds[column] !== "missing");
  const width = kept.length;
  const x = new Float64Array(rows * width);
  for (const [place, column] of kept.entries()) {
    const isNumber = encoded.kinds[column] === "number";
    const from = isNumber ? standard : encoded.x;
    let mean = 0;
    if (!isNumber) for (let row = 0; row < rows; row++) mean += from[row * encoded.width + column]! / rows;
    for (let row = 0; row < rows; row++) x[row * width + place] = from[row * encoded.width + column]! - mean;
  }
  return { x, width, names: kept.map((column) => encoded.names[column]!) };
}
