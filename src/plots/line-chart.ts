import * as Plot from "@observablehq/plot";
import { endLabels } from "./end-labels.ts";
import { colourOf, draw, type Size } from "./plot.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** One of the palette by position when left out. */
  readonly colour?: string | undefined;
  /** What the others are held against: thin dashes. */
  readonly dashed?: boolean | undefined;
}

export interface LineChartOptions extends Size {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** A logarithmic y axis: points that are not above 0 are left out. */
  readonly log?: boolean | undefined;
  /** A logarithmic x axis, with a tick for each power of ten or, where all x are whole, for every x: points that are not above 0 are left out. */
  readonly logX?: boolean | undefined;
}

/** Curves with their names at their ends, in the order in which they end. Points that are not finite are left out. */
export async function lineChart(series: readonly Series[], options: LineChartOptions): Promise<string> {
  const { title, x, y, log = false, logX = false, width = 720, height = 380 } = options;
  const shown = series
    .map((s, i) => ({
      ...s,
      colour: s.colour ?? colourOf(i),
      points: s.points.filter(
        (p) => Number.isFinite(p.x) && Number.isFinite(p.y) && (!log || p.y > 0) && (!logX || p.x > 0),
      ),
    }))
    .filter((s) => s.points.length > 0);
  const xs = shown.flatMap((s) => s.points.map((p) => p.x));
  const ys = shown.flatMap((s) => s.points.map((p) => p.y));
  const different = [...new Set(xs)].sort((a, b) => a - b);
  const few = logX ? different.length < 12 : Math.max(...xs) - Math.min(...xs) < 25;
  const whole = xs.length > 0 && xs.every(Number.isInteger) && few;
  const marginRight = 16 + 6.2 * Math.max(4, ...shown.map((s) => s.name.length));
  const frame: Plot.PlotOptions = {
    width,
    height,
    marginLeft: log ? 60 : 48,
    marginRight,
    marginBottom: 36,
    x: {
      label: x,
      labelAnchor: "center",
      ...(logX && { type: "log" as const, tickFormat: "~g" }),
      ...(whole && { ticks: different, tickFormat: "d" }),
      // Far from a power of the base a tick has no number; no number is far from a power of two.
      ...(whole && logX && { base: 2 }),
    },
    y: { label: y, grid: true, ...(log ? { type: "log" as const, tickFormat: "~g" } : { nice: true }) },
  };
  if (shown.length === 0)
    return draw(title, { ...frame, x: { label: x, labelAnchor: "center" }, y: { label: y }, marks: [Plot.frame()] });

  const { grid: _, ...shared } = frame.y ?? {};
  const scale = Plot.scale({
    y: { domain: [Math.min(...ys), Math.max(...ys)], range: [height - 36, 20], ...shared },
  });
  const end = Math.max(...xs);

  return draw(title, {
    ...frame,
    marks: [
      ...shown.map((s) =>
        Plot.lineY(s.points, {
          ...{ x: "x", y: "y", stroke: s.colour, strokeWidth: s.dashed ? 1 : 1.75 },
          ...(s.dashed && { strokeDasharray: "4 3" }),
        }),
      ),
      ...shown.map((s) => Plot.dot(s.points, { x: "x", y: "y", fill: s.colour, r: whole && !s.dashed ? 2.5 : 0 })),
      endLabels(shown, scale, end, [20, height - 36]),
    ],
    color: { type: "identity" },
  });
}
