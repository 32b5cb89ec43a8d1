/** σ(a) = 1/(1 + e^(−a)), the distribution function of the standard logistic. */
export const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
