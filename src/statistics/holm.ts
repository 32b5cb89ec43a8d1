/**
 * Holm's correction: the p-values, each times the number of those that aren't smaller, never below a smaller one's.
 * Holm 1979, A simple sequentially rejective multiple test procedure, https://www.jstor.org/stable/4615733
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const corrected = new Array<number>(ps.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * ps[i]!));
    corrected[i] = largest;
  }
  return corrected;
}
