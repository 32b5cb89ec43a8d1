import { NdArray } from "../graph/index.ts";

/** The mean and variance of each channel [C] over `count` values of it, [C] or for all alike []. */
export interface CountedMoments {
  readonly mean: NdArray;
  readonly variance: NdArray;
  readonly count: NdArray;
}

/**
 * Those of all values of several batches together, the variance that of n − 1; those `before` where the batches have less than two values. Sums in double
 * precision: the variance is that within batches and that of their means about the whole mean.
 */
export function totalMoments(
  batches: readonly CountedMoments[],
  before: Omit<CountedMoments, "count">,
): Omit<CountedMoments, "count"> {
  const found = Array.from(before.mean.data, (old, c) => {
    const own = batches.map(({ mean, variance, count }) => ({
      mean: mean.data[c]!,
      variance: variance.data[c]!,
      count: count.data[count.data.length === 1 ? 0 : c]!,
    }));
    const count = own.reduce((sum, batch) => sum + batch.count, 0);
    if (count < 2) return { mean: old, variance: before.variance.data[c]! };
    const mean = own.reduce((sum, batch) => sum + batch.count * batch.mean, 0) / count;
    const squares = own.reduce((sum, batch) => sum + batch.count * (batch.variance + (batch.mean - mean) ** 2), 0);
    return { mean, variance: squares / (count - 1) };
  });
  return {
    mean: new NdArray(
      Float32Array.from(found, ({ mean }) => mean),
      before.mean.shape,
    ),
    variance: new NdArray(
      Float32Array.from(found, ({ variance }) => variance),
      before.variance.shape,
    ),
  };
}
