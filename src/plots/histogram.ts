import * as Plot from "@observablehq/plot";
import { colourOf, draw, type Size } from "./plot.ts";

export interface HistogramOptions extends Size {
  readonly title: string;
  readonly x: string;
  /** What is counted; "count" when left out. */
  readonly y?: string | undefined;
  /** The axis, from the values when left out. Values outside are counted in the first or last bin. */
  readonly domain?: readonly [number, number] | undefined;
  readonly bins?: number | undefined;
  /** Upper end of the count axis, to compare several histograms. */
  readonly top?: number | undefined;
  readonly colour?: string | undefined;
}

/** Values counted in bins of equal width; a bin holds its lower edge, the last one both edges. Values that are not finite are left out. */
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

/** How often values fall in each of `bins` equal bins. */
export function histogram(values: ArrayLike<number>, options: HistogramOptions): Promise<string> {
  const { title, x, y = "count", bins = 20, top, colour = colourOf(0), width = 300, height = 180 } = options;
  const finite = Array.from(values).filter(Number.isFinite);
  const domain =
    options.domain ?? (finite.length > 0 ? ([Math.min(...finite), Math.max(...finite)] as const) : ([0, 1] as const));
  return draw(title, {
    width,
    height,
    marginLeft: 40,
    marginBottom: 32,
    x: { label: x, labelAnchor: "center", domain: [...domain] },
    y: { label: y, grid: true, ticks: 4, ...(top !== undefined && { domain: [0, top] }) },
    marks: [
      Plot.rectY(binned(finite, domain, bins), { x1: "from", x2: "to", y: "count", fill: colour, inset: 0.5 }),
      Plot.ruleY([0]),
    ],
  });
}
