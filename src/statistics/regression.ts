/** y ≈ intercept + slope·x. */
export interface Line {
  readonly intercept: number;
  readonly slope: number;
  /** The share of y's variance that the line explains. */
  readonly r2: number;
}

/** Least squares of y on x. NaN where x is constant. */
export function leastSquares(x: ArrayLike<number>, y: ArrayLike<number>): Line {
  const n = x.length;
  let [meanX, meanY] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanX += x[i]! / n;
    meanY += y[i]! / n;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slope = xy / xx;
  return { intercept: meanY - slope * meanX, slope, r2: (xy * xy) / (xx * yy) };
}
