import type { Figure } from "./figure.ts";
import { variance } from "./sample.ts";

/** The examples whose confidence lies in one of several equal intervals. */
export interface ConfidenceBin {
  /** The lower end of the interval, and the upper one. */
  readonly from: number;
  readonly to: number;
  /** How many examples it holds. */
  readonly count: number;
  /** The mean of their confidences; NaN of none. */
  readonly confidence: number;
  /** The share of them that is right; NaN of none. */
  readonly accuracy: number;
}

/** How well confidences agree with how often they are right. */
export interface Calibration {
  /** From 0 to 1. */
  readonly bins: readonly ConfidenceBin[];
  /** Examples whose confidence is finite. */
  readonly count: number;
  /** The expected calibration error: the mean over examples of |accuracy − confidence| of their bins. */
  readonly error: Figure;
  /** What it is on average for as many examples with these confidences that are right just as often as they say. */
  readonly byChance: number;
}

/** The 97.5 % point of the normal distribution. */
const NORMAL = 1.959964;

/**
 * The expected calibration error over bins of equal width, Σ n_b/n · |accuracy_b − confidence_b|. Guo, Pleiss, Sun and Weinberger 2017, On calibration of
 * modern neural networks, https://arxiv.org/abs/1706.04599, equation 5.
 *
 * Its interval is that of a mean over examples of ±(right − confidence), the sign that of the bin's gap. It is right where gaps are larger than their
 * noise. Noise alone makes the error larger than 0: `byChance` says by how much, from Σ p(1 − p) of each bin and a normal distribution.
 * @param confidence in [0, 1]; examples that are not finite are omitted
 * @param right      whether the example of the same place is right
 */
export function calibration(
  confidence: ArrayLike<number>,
  right: (example: number) => boolean,
  bins = 15,
): Calibration {
  const [counts, sums, hits, spreads] = [0, 1, 2, 3].map(() => new Float64Array(bins)) as [F, F, F, F];
  const places = Array.from(confidence, (p, i) => {
    if (!Number.isFinite(p)) return -1;
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(p * bins)));
    counts[bin]!++;
    sums[bin]! += p;
    hits[bin]! += Number(right(i));
    spreads[bin]! += p * (1 - p);
    return bin;
  });
  const count = counts.reduce((total, n) => total + n, 0);
  const gaps = hits.map((hit, b) => hit - sums[b]!);
  const signed = places.flatMap((bin, i) =>
    bin < 0 ? [] : [Math.sign(gaps[bin]!) * (Number(right(i)) - confidence[i]!)],
  );
  const value = gaps.reduce((total, gap) => total + Math.abs(gap), 0) / count;
  // One example says nothing about the others.
  const half = count === 1 ? 1 : NORMAL * Math.sqrt(variance(signed) / count);
  return {
    bins: Array.from({ length: bins }, (_, b) => ({
      ...{ from: b / bins, to: (b + 1) / bins, count: counts[b]! },
      ...{ confidence: sums[b]! / counts[b]!, accuracy: hits[b]! / counts[b]! },
    })),
    count,
    error: { value, low: Math.max(0, value - half), high: Math.min(1, value + half) },
    // The mean of |x| of a normal distribution is √(2/π) standard deviations.
    byChance: spreads.reduce((total, spread) => total + Math.sqrt((2 * spread) / Math.PI), 0) / count,
  };
}

type F = Float64Array;
