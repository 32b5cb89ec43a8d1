import { median } from "../src/statistics/sample.ts";

/** What a few rounds of one measurement amount to. */
export interface Spread {
  min: number;
  median: number;
  max: number;
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
