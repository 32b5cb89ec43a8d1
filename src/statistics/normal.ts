/** Φ(x), to about 1e-16 near 0: ½ + φ(x) (x + x³/3 + x⁵/15 + …). In the lower tail it is right to 1e-16, not to a share of itself. */
export function normalDistribution(x: number): number {
  let [term, total] = [x, x];
  for (let n = 3; n < 400; n += 2) total += term *= x ** 2 / n;
  return 0.5 + (total * Math.exp(-(x ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Draws of N(0, 1) from random 32-bit words, two words a draw. Box and Muller. */
export function normalDraws(word: () => number): () => number {
  const uniform = () => ((word() >>> 0) + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
