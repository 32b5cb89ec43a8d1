import { checkNumber } from "../rules.ts";
import type { Figure } from "./figure.ts";
import { logGamma } from "./student.ts";

/**
 * The root mean square of `n` independent errors, and its interval where errors are normal around 0: n times the mean square over the true one is then
 * chi-square distributed with n degrees of freedom.
 */
export function rootMeanSquareInterval(value: number, n: number, level = 0.95): Figure {
  checkNumber("rootMeanSquareInterval: n", n, { whole: true, atLeast: 1 });
  checkNumber("rootMeanSquareInterval: the level", level, { above: 0, below: 1 });
  const tail = (1 - level) / 2;
  const at = (p: number): number => value * Math.sqrt(n / chiSquareQuantile(p, n));
  return { value, low: at(1 - tail), high: at(tail) };
}

/** The x with P(χ² ≤ x) = p, by bisection: right to about 1e-12 of itself. */
export function chiSquareQuantile(p: number, degrees: number): number {
  checkNumber("chiSquareQuantile: p", p, { above: 0, below: 1 });
  checkNumber("chiSquareQuantile: the degrees of freedom", degrees, { above: 0 });
  let [low, high] = [0, degrees];
  while (lowerGamma(degrees / 2, high / 2) < p) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2;
    if (lowerGamma(degrees / 2, middle / 2) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularised lower incomplete gamma function P(a, x): its series below a + 1, else its continued fraction by Lentz. */
function lowerGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let k = 1; k < 10_000 && term > 1e-17 * sum; k++) {
      term *= x / (a + k);
      sum += term;
    }
    return front * sum;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < 10_000; k++) {
    const an = -k * (k - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return 1 - front * fraction;
}
