export type Point = readonly [x: number, y: number];

/** What lines say at a place of the x axis: at the nearest x that one of them has, the last point of each that isn't behind it. */
export function readAt<L extends { readonly at: readonly Point[] }>(
  lines: readonly L[],
  pointed: number,
): { readonly x: number; readonly values: readonly { readonly line: L; readonly point: Point }[] } | undefined {
  let nearest: number | undefined;
  for (const { at } of lines)
    for (const [x, y] of at)
      if (Number.isFinite(y) && (nearest === undefined || Math.abs(x - pointed) < Math.abs(nearest - pointed)))
        nearest = x;
  if (nearest === undefined) return undefined;
  const x = nearest;
  return {
    x,
    values: lines.flatMap((line) => {
      const point = line.at.findLast((point) => point[0] <= x && Number.isFinite(point[1]));
      return point ? [{ line, point }] : [];
    }),
  };
}
