/** Places and weights of n-point Gauss–Legendre on [−1, 1]: exact for polynomials of degree 2n − 1. Newton's method on the Legendre polynomial. */
export function gaussLegendre(n: number): { at: number; weight: number }[] {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 20; step++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      slope = (n * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return { at: x, weight: 2 / ((1 - x * x) * slope * slope) };
  });
}
