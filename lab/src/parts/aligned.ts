export type Point = readonly [x: number, y: number];

/** The numbers of a chart: lines with points of their own on one x axis. */
export function aligned(lines: readonly { readonly at: readonly Point[] }[]): (number | null)[][] {
  const xs = [...new Set(lines.flatMap(({ at }) => at.map(([x]) => x)))].sort((a, b) => a - b);
  const places = new Map(xs.map((x, i) => [x, i]));
  return [
    xs,
    ...lines.map(({ at }) => {
      const values = new Array<number | null>(xs.length).fill(null);
      for (const [x, y] of at) values[places.get(x)!] = y;
      return values;
    }),
  ];
}
