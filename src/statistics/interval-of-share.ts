import { checkNumber } from "../rules.ts";
import type { Figure } from "./figure.ts";
import { incompleteBeta } from "./student.ts";

/**
 * A share, `count` of `total` independent draws, and the interval of Clopper and Pearson (1934): it holds the true share in at least `level` of all samples.
 * Throws UserError for a count that isn't a whole number of 0 … total.
 */
export function shareInterval(count: number, total: number, level = 0.95): Figure {
  checkNumber("shareInterval: the total", total, { whole: true, atLeast: 1 });
  checkNumber("shareInterval: the count", count, { whole: true, atLeast: 0, atMost: total });
  checkNumber("shareInterval: the level", level, { above: 0, below: 1 });
  const tail = (1 - level) / 2;
  return {
    value: count / total,
    low: count === 0 ? 0 : betaQuantile(tail, count, total - count + 1),
    high: count === total ? 1 : betaQuantile(1 - tail, count + 1, total - count),
  };
}

/** The x with I_x(a, b) = p, by bisection to the last bit or so. */
function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 100 && high - low > 1e-15; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
