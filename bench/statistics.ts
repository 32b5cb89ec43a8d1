/** What a few rounds of one measurement amount to. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("median: no values");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/**
 * How many times as fast `ours` is as `theirs`: the ratios of each round, because two slices of one round met the same
 * machine and two medians over all rounds may not have. `better` says which direction is fast.
 */
export function timesAsFast(ours: readonly number[], theirs: readonly number[], better: "more" | "less"): Spread {
  if (ours.length !== theirs.length) {
    throw new RangeError(`timesAsFast: ${ours.length} rounds against ${theirs.length}; rounds must pair up`);
  }
  return spread(ours.map((own, round) => (better === "more" ? own / theirs[round]! : theirs[round]! / own)));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample variance, with n − 1 below. */
export function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
