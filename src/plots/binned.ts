/** Values counted in bins of equal width; a bin holds its lower edge, the last one both edges. Values that are not finite are omitted. */
export function binned(
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  bins: number,
): { from: number; to: number; count: number }[] {
  const counts = new Array<number>(bins).fill(0);
  const width = (high - low) / bins || 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    counts[Math.max(0, Math.min(bins - 1, Math.floor((value - low) / width)))]!++;
  }
  return counts.map((count, i) => ({ from: low + i * width, to: low + (i + 1) * width, count }));
}
