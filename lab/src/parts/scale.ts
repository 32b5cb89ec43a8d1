/** A range of numbers, from left to right or from bottom to top. */
export type Domain = readonly [from: number, to: number];

/** Where a number of a domain lies between two places. */
export const linear =
  ([from, to]: Domain, [start, end]: Domain) =>
  (x: number): number =>
    start + ((x - from) / (to - from)) * (end - start);

/** A line through points, as the path of an SVG; what isn't finite interrupts it. */
export function pathOf(points: Iterable<readonly [x: number, y: number]>): string {
  let [path, on] = ["", false];
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      on = false;
      continue;
    }
    path += `${on ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    on = true;
  }
  return path;
}

/** About `count` round numbers within a domain. */
export function ticks([from, to]: Domain, count: number): number[] {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
