import type { Figure } from "./figure.ts";
import { mean } from "./sample.ts";
import { studentQuantile } from "./student.ts";

/**
 * The ratio of two means of paired values, with Fieller's interval: all s for which the mean of (numerator − s · denominator) is not told
 * from 0 by Student's t. Exact for normal values, and it needs no second look at how they are paired. Where the denominator's own
 * mean is not told from 0 there are no bounds: −∞ and ∞.
 * Fieller 1954, Some problems in interval estimation, https://doi.org/10.1111/j.2517-6161.1954.tb00159.x
 */
export function ratioInterval(numerators: readonly number[], denominators: readonly number[], level = 0.95): Figure {
  const n = numerators.length;
  const [a, b] = [mean(numerators), mean(denominators)];
  const unbounded = { value: a / b, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  if (n < 2 || !Number.isFinite(a / b)) return unbounded;
  const covariance = (x: readonly number[], y: readonly number[]): number => {
    const [mx, my] = [mean(x), mean(y)];
    return x.reduce((t, value, i) => t + (value - mx) * (y[i]! - my), 0) / (n - 1);
  };
  const t2 = studentQuantile((1 + level) / 2, n - 1) ** 2 / n;
  // s² q − 2 s p + r ≤ 0
  const q = b * b - t2 * covariance(denominators, denominators);
  const p = a * b - t2 * covariance(numerators, denominators);
  const r = a * a - t2 * covariance(numerators, numerators);
  if (q <= 0) return unbounded;
  const root = Math.sqrt(Math.max(0, p * p - q * r));
  return { value: a / b, low: (p - root) / q, high: (p + root) / q };
}
