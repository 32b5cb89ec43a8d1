/** The shape of a sample: what a normal distribution would have as 0 and 0. */
export interface Shape {
  readonly mean: number;
  /** Divided by n − 1. */
  readonly variance: number;
  readonly skewness: number;
  /** Kurtosis − 3. */
  readonly excess: number;
}

/** Moments of a sample. Skewness and excess are NaN where all values are equal. */
export function shapeOf(values: ArrayLike<number>): Shape {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let [second, third, fourth] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const d = values[i]! - mean;
    second += (d * d) / n;
    third += (d * d * d) / n;
    fourth += (d * d * d * d) / n;
  }
  return {
    mean,
    variance: (second * n) / (n - 1),
    skewness: third / second ** 1.5,
    excess: fourth / second ** 2 - 3,
  };
}

/**
 * Jarque and Bera's statistic n/6 · (skewness² + excess²/4) and its p-value exp(−JB/2), by the χ² distribution of two degrees of
 * freedom that it has for normal values as n grows. For a few hundred values the test rejects normal ones somewhat less often than its
 * level says. Jarque and Bera 1987, A test for normality of observations and regression residuals, https://doi.org/10.2307/1403192
 */
export function jarqueBera(values: ArrayLike<number>): { statistic: number; p: number } {
  const { skewness, excess } = shapeOf(values);
  const statistic = (values.length / 6) * (skewness ** 2 + excess ** 2 / 4);
  return { statistic, p: Math.exp(-statistic / 2) };
}
