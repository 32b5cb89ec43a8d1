import { philoxWords } from "../random/index.ts";
import { checkNumber } from "../rules.ts";

/** Differences of which all patterns of signs are gone through: 2²⁰ are a second's work at most. */
const MOST_EXACT = 20;
const DRAWN = 200_000;

/**
 * Two-sided p-value of "each difference was as likely to have the other sign": the share of the 2ⁿ patterns of signs whose sum is at least as far from 0.
 * It asks for no shape of their distribution. Above 20 differences, of 200,000 patterns drawn with a fixed key, the observed one counted with them.
 * With n differences no p is below 2^(1 − n): five seeds cannot give less than 0.0625. Differences of 0 say nothing, and leave p as it is.
 * Fisher 1935, The design of experiments, section 21; Phipson and Smyth 2010, https://doi.org/10.2202/1544-6115.1585. Throws UserError for what is no finite number.
 */
export function signFlipTest(differences: readonly number[]): number {
  for (const [i, difference] of differences.entries()) checkNumber(`signFlipTest: differences[${i}]`, difference, {});
  const sizes = differences.map(Math.abs).filter((size) => size > 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Sums of one set of numbers in another order differ in their last bits.
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0)) - 1e-12 * total;
  return sizes.length <= MOST_EXACT ? exact(sizes, total, observed) : drawn(sizes, total, observed);
}

/** Patterns in the order of Gray's code: one sign changes from each to the next. */
function exact(sizes: readonly number[], total: number, observed: number): number {
  const patterns = 2 ** sizes.length;
  const signs = sizes.map(() => 1);
  let [sum, count] = [total, 0];
  for (let pattern = 1; pattern <= patterns; pattern++) {
    if (Math.abs(sum) >= observed) count++;
    const turned = pattern === patterns ? 0 : 31 - Math.clz32(pattern & -pattern);
    if (pattern < patterns) {
      signs[turned]! *= -1;
      sum += 2 * signs[turned]! * sizes[turned]!;
    }
  }
  return count / patterns;
}

function drawn(sizes: readonly number[], total: number, observed: number): number {
  const word = philoxWords([0x5349, 0x474e], 0);
  let count = 1;
  for (let pattern = 0; pattern < DRAWN; pattern++) {
    let sum = total;
    let bits = 0;
    for (const [i, size] of sizes.entries()) {
      bits = i % 32 === 0 ? word() : bits >>> 1;
      if (bits & 1) sum -= 2 * size;
    }
    if (Math.abs(sum) >= observed) count++;
  }
  return count / (DRAWN + 1);
}
