import { checkNumber } from "../rules.ts";
import type { Figure } from "./figure.ts";
import { mean, variance } from "./sample.ts";

/** log Γ(x) for x > 0, to about 1e-14. Lanczos 1964, with g = 7 and nine coefficients. */
export function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const t = x + 6.5;
  const series = c.slice(1).reduce((sum, value, i) => sum + value / (x + i), c[0]!);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}

/** The regularised incomplete beta function I_x(a, b) by its continued fraction (modified Lentz). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

/** P(T ≤ t), T of Student's distribution. */
export function studentCdf(t: number, degrees: number): number {
  checkNumber("studentCdf: the degrees of freedom", degrees, { above: 0 });
  const tail = 0.5 * incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** The t with P(T ≤ t) = p, by bisection: right to about 1e-12 of itself for p from 1e-4 to 1 − 1e-4, to 1e-7 for p from 1e-9. */
export function studentQuantile(p: number, degrees: number): number {
  checkNumber("studentQuantile: p", p, { above: 0, below: 1 });
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  let [low, high] = [0, 1];
  while (studentCdf(high, degrees) < p) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The mean of independent values, and its two-sided interval by Student's t. Of paired values, give the differences.
 * One value has no interval: its ends are −∞ and ∞. Infinite values give an infinite mean without one.
 */
export function meanInterval(values: readonly number[], level = 0.95): Figure {
  checkNumber("meanInterval: the level", level, { above: 0, below: 1 });
  const n = values.length;
  const value = mean(values);
  if (n < 2 || !Number.isFinite(value)) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const half = studentQuantile((1 + level) / 2, n - 1) * Math.sqrt(variance(values) / n);
  return { value, low: value - half, high: value + half };
}

/** Two-sided p-value of "the mean is 0", by Student's t; 1 for fewer than two values. */
export function meanTest(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 1;
  const [centre, spread] = [mean(values), variance(values)];
  if (spread === 0) return centre === 0 ? 1 : 0;
  return 2 * studentCdf(-Math.abs(centre / Math.sqrt(spread / n)), n - 1);
}

/**
 * One-sided p-value of "the mean is below the margin", by Student's t: small where it surely is below, near 1 where it surely is above.
 * ½ for fewer than two values.
 */
export function meanBelowTest(values: readonly number[], margin = 0): number {
  const n = values.length;
  if (n < 2) return 0.5;
  const excess = mean(values) - margin;
  const spread = values.reduce((sum, x) => sum + (x - excess - margin) ** 2, 0) / (n - 1);
  if (spread === 0) return excess < 0 ? 0 : excess > 0 ? 1 : 0.5;
  return studentCdf(excess / Math.sqrt(spread / n), n - 1);
}
