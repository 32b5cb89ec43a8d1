/** The end, with some room, of an axis from −end to end in which nearly all numbers lie: a round number. */
export function endOf(numbers: Iterable<number>, share = 0.995): number {
  const sizes = [...numbers].map(Math.abs).sort((a, b) => a - b);
  const wanted = 1.1 * (sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] ?? 0);
  if (!(wanted > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return Number((power * ([1, 1.4, 2, 3, 4, 6, 8].find((factor) => factor * power >= wanted) ?? 10)).toPrecision(2));
}
