import * as Plot from "@observablehq/plot";
import { endLabels } from "./end-labels.ts";
import type { Series } from "./line-chart.ts";
import { colourOf, draw, type Size } from "./plot.ts";

/** A curve with an interval at each of its points. */
export interface Band extends Omit<Series, "points"> {
  readonly points: readonly { readonly x: number; readonly y: number; readonly low: number; readonly high: number }[];
}

export interface BandChartOptions extends Size {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Logarithmic axes: points that are not above 0 on one are left out. */
  readonly log?: { readonly x?: boolean; readonly y?: boolean } | undefined;
  /** Values of x that get a tick; chosen by the axis when left out. */
  readonly ticks?: readonly number[] | undefined;
}

/** Curves with their intervals as bands, and their names at their ends. Points that are not finite are left out, bands without ends too. */
export function bandChart(bands: readonly Band[], options: BandChartOptions): Promise<string> {
  const { title, x, y, log = {}, ticks, width = 720, height = 380 } = options;
  const positive = (value: number, on: boolean | undefined): boolean => Number.isFinite(value) && (!on || value > 0);
  const shown = bands
    .map((band, i) => ({
      ...band,
      colour: band.colour ?? colourOf(i),
      points: band.points.filter((p) => positive(p.x, log.x) && positive(p.y, log.y)),
    }))
    .filter(({ points }) => points.length > 0);
  const ys = shown.flatMap(({ points }) => points.map((p) => p.y));
  const domain = [Math.min(...ys), Math.max(...ys)] as const;
  const bottom = 36;
  const scale = Plot.scale({
    y: { type: log.y ? "log" : "linear", domain: [...domain], range: [height - bottom, 20], nice: !log.y },
  });
  const [least, most] = scale.domain as [number, number];
  const inside = (value: number): number => Math.min(most, Math.max(least, value));
  const end = Math.max(...shown.flatMap(({ points }) => points.map((p) => p.x)));
  return draw(title, {
    width,
    height,
    marginLeft: 48,
    marginRight: 16 + 6.2 * Math.max(4, ...shown.map(({ name }) => name.length)),
    marginBottom: bottom,
    x: {
      label: x,
      labelAnchor: "center",
      ...(log.x && { type: "log" as const, tickFormat: "~s" }),
      ...(ticks && { ticks: [...ticks], tickFormat: "~g" }),
    },
    y: {
      label: y,
      grid: true,
      domain: [least, most],
      ...(log.y && { type: "log" as const, tickFormat: "~g" }),
    },
    color: { type: "identity" },
    marks: [
      ...shown.map(({ points, colour }) =>
        Plot.areaY(
          points.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high)),
          { x: "x", y1: (p) => inside(p.low), y2: (p) => inside(p.high), fill: colour, fillOpacity: 0.18 },
        ),
      ),
      ...shown.map(({ points, colour }) => Plot.lineY(points, { x: "x", y: "y", stroke: colour, strokeWidth: 1.75 })),
      ...(ticks ? shown.map(({ points, colour }) => Plot.dot(points, { x: "x", y: "y", fill: colour, r: 2.5 })) : []),
      endLabels(shown, scale, end, [20, height - bottom]),
    ],
  });
}
