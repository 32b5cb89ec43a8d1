/** Cells of equal probability in a tabulated distribution. */
export const CELLS = 4096;
/** Steps of the sum that stands for the integral of the density. */
const STEPS = 1 << 17;

/** A function of a beta variable by its quantiles: `values[i]` is that of probability i/4096, drawn from by linear interpolation. */
export interface QuantileTable {
  /** [4097] */
  readonly values: Float64Array;
  /** The mean of what is drawn. */
  readonly mean: number;
}

/**
 * Quantiles of f(x), x ~ Beta(α, β), f rising. The distribution of what is drawn from it is the true one at 4,097 probabilities and runs
 * straight between them: the two distribution functions are never further apart than 1/4096. The outermost quantiles, which f may
 * send to infinity, are those of probabilities 1/(2·4096) from the ends.
 */
export function betaTable(alpha: number, beta: number, f: (x: number) => number = (x) => x): QuantileTable {
  // Midpoint sums of the density, up to its scale, taken in logarithms so that no shape overflows.
  const logDensity = (x: number): number => (alpha - 1) * Math.log(x) + (beta - 1) * Math.log(1 - x);
  const mode = (alpha - 1) / (alpha + beta - 2);
  const highest = logDensity(Math.min(Math.max(mode, 0.5 / STEPS), 1 - 0.5 / STEPS));
  const upTo = new Float64Array(STEPS + 1);
  for (let i = 0; i < STEPS; i++) upTo[i + 1] = upTo[i]! + Math.exp(logDensity((i + 0.5) / STEPS) - highest);
  const total = upTo[STEPS]!;

  const values = new Float64Array(CELLS + 1);
  let at = 0;
  for (let cell = 0; cell <= CELLS; cell++) {
    const probability = Math.min(Math.max(cell, 0.5), CELLS - 0.5) / CELLS;
    while (upTo[at + 1]! < probability * total) at++;
    const within = (probability * total - upTo[at]!) / (upTo[at + 1]! - upTo[at]!);
    values[cell] = f((at + within) / STEPS);
  }
  let mean = 0;
  for (let cell = 0; cell < CELLS; cell++) mean += (values[cell]! + values[cell + 1]!) / (2 * CELLS);
  return { values, mean };
}
