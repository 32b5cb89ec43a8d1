/** The largest difference as a share of the largest value, or of `least` where all are smaller; NaN where there is one. */
export function distance(received: ArrayLike<number>, wanted: ArrayLike<number>, least = 1e-3): number {
  let [largest, apart] = [least, 0];
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!));
    apart = Math.max(apart, Math.abs(received[i]! - wanted[i]!));
  }
  return apart / largest;
}
