import type { Figure } from "./figure.ts";

/** The arithmetic mean; NaN of no values. */
export const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** The sample variance, with n − 1 below; NaN of a single value. */
export function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1);
}

/** The mean of rows of one length, component by component. Vectors of numbers or a typed array → one of the same kind. */
export function meanRow(rows: readonly Float64Array[]): Float64Array;
export function meanRow(rows: readonly (readonly number[])[]): number[];
export function meanRow(rows: readonly ArrayLike<number>[]): Float64Array | number[] {
  const component = (_: unknown, i: number): number => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length;
  const first = rows[0]!;
  return first instanceof Float64Array ? first.map(component) : Array.from(first, component);
}

const ascending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/**
 * The middle value; of an even number of values, the mean of the two in the middle.
 * @throws {RangeError} without values
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("median: no values");
  const sorted = ascending(values);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The middle value; of an even number of values, the higher of the two in the middle, so that it is always one of them. NaN of no values. */
export const highMedian = (values: readonly number[]): number => ascending(values)[values.length >> 1] ?? Number.NaN;

/** The median, and the interval of the order statistics that are about two standard errors of a binomial away from the middle. */
export function medianInterval(values: readonly number[]): Figure {
  const sorted = ascending(values);
  const middle = (sorted.length - 1) / 2;
  const reach = Math.ceil(Math.sqrt(sorted.length));
  return {
    value: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    low: sorted[Math.max(0, Math.floor(middle) - reach)]!,
    high: sorted[Math.min(sorted.length - 1, Math.ceil(middle) + reach)]!,
  };
}

/** The smallest of the ascending values that at least this share of them doesn't exceed. */
export const quantile = (ascending: ArrayLike<number>, share: number): number =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!;
