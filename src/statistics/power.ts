import { checkNumber } from "../rules.ts";
import { normalDistribution } from "./normal.ts";
import { gaussPanels } from "./quadrature.ts";
import { logGamma, studentQuantile } from "./student.ts";

/**
 * Hedges' g of paired differences: their mean in units of their standard deviation, without the bias of few seeds. 0.2 is called small, 0.5
 * medium, 0.8 large. Hedges 1981, https://doi.org/10.3102/10769986006002107; Cohen 1988, Statistical power analysis.
 * @param mean of the differences
 * @param sd   their standard deviation, with n − 1 below, above 0
 * @param n    how many there are, at least 3
 */
export function hedgesG(mean: number, sd: number, n: number): number {
  checkNumber("hedgesG: sd", sd, { above: 0 });
  checkNumber("hedgesG: n", n, { whole: true, atLeast: 3 });
  const half = (n - 1) / 2;
  return (mean / sd) * (Math.exp(logGamma(half) - logGamma(half - 0.5)) / Math.sqrt(half));
}

/** Φ(x), where its series has come to its end; beyond 9 it is 0 or 1 to 1e-19. */
const phi = (x: number): number => (Math.abs(x) > 9 ? (x > 0 ? 1 : 0) : normalDistribution(x));

/**
 * The chance that a two-sided paired t-test of n pairs finds a true difference of `effect` standard deviations at this level: P(|T| > t), T noncentral with
 * n − 1 degrees of freedom. It is the mean over the estimated deviation s of P(|Z + √n · effect| > t s), Z normal.
 */
export function powerOf(effect: number, n: number, level = 0.05): number {
  checkNumber("powerOf: effect", effect, {});
  checkNumber("powerOf: n", n, { whole: true, atLeast: 2 });
  checkNumber("powerOf: level", level, { above: 0, below: 1 });
  const degrees = n - 1;
  const t = studentQuantile(1 - level / 2, degrees);
  const shift = Math.sqrt(n) * effect;
  // s = √(χ²/ν) is within 8 standard deviations of 1, which are at most 1/√(2ν) wide.
  const reach = 8 / Math.sqrt(2 * degrees);
  const { nodes, weights } = gaussPanels([Math.max(0, 1 - reach), 1 + reach], 64);
  const logScale = Math.log(2) + (degrees / 2) * Math.log(degrees / 2) - logGamma(degrees / 2);
  const density = (s: number): number => Math.exp(logScale + (degrees - 1) * Math.log(s) - (degrees * s * s) / 2);
  return nodes.reduce((sum, s, i) => {
    const found = phi(shift - t * s) + phi(-shift - t * s);
    return sum + weights[i]! * density(s) * found;
  }, 0);
}

/** Pairs beyond which nobody trains. */
const MOST = 100_000;

/** The fewest pairs with which that test finds a true difference of `effect` standard deviations with this chance; Infinity for more than 100,000. */
export function pairsFor(effect: number, power = 0.8, level = 0.05): number {
  checkNumber("pairsFor: power", power, { above: 0, below: 1 });
  const enough = (n: number): boolean => powerOf(effect, n, level) >= power;
  if (!enough(MOST)) return Number.POSITIVE_INFINITY;
  let [low, high] = [1, 2];
  while (!enough(high)) [low, high] = [high, Math.min(MOST, 2 * high)];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
