import { philoxWords, uniformBelow } from "../random/index.ts";
import { checkNumber } from "../rules.ts";
import type { Figure } from "./figure.ts";
import { normalDistribution } from "./normal.ts";
import { mean, quantile } from "./sample.ts";

const RESAMPLES = 10_000;

/** The x with Φ(x) = p, by bisection. */
function normalQuantile(p: number): number {
  let [low, high] = [-9, 9];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The mean of independent values, and its bootstrap interval, corrected for bias and acceleration: quantiles of the means of 10,000 samples with
 * replacement, drawn with a fixed key. It follows a skewed distribution as Student's interval does not, and with fewer than about ten values it is too
 * narrow. One value, or equal ones, have no interval: its ends are −∞ and ∞.
 * Efron 1987, Better bootstrap confidence intervals, https://doi.org/10.1080/01621459.1987.10478410
 */
export function bootstrapInterval(values: readonly number[], level = 0.95): Figure {
  checkNumber("bootstrapInterval: the level", level, { above: 0, below: 1 });
  const [n, value] = [values.length, mean(values)];
  const spread = values.reduce((sum, x) => sum + (x - value) ** 2, 0);
  if (n < 2 || !(spread > 0)) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const word = philoxWords([0x424f, 0x4f54], 0);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[uniformBelow(word, n)]!;
    return sum / n;
  }).sort();
  const below = means.filter((x) => x < value).length;
  const equal = means.filter((x) => x === value).length;
  const bias = normalQuantile((below + equal / 2) / RESAMPLES);
  const acceleration = values.reduce((sum, x) => sum + (x - value) ** 3, 0) / (6 * spread ** 1.5);
  const end = (share: number): number => {
    const z = bias + normalQuantile(share);
    return quantile(means, normalDistribution(bias + z / (1 - acceleration * z)));
  };
  return { value, low: end((1 - level) / 2), high: end((1 + level) / 2) };
}
