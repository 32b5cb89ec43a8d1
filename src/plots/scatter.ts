import * as Plot from "@observablehq/plot";
import { colourOf, draw, type Size } from "./plot.ts";

/** A cloud of points, or several, each in its own colour. */
export interface Cloud {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ScatterOptions extends Size {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Both axes logarithmic: points that are not above 0 are left out. */
  readonly log?: boolean | undefined;
  /** A straight line between two points, as they are shown, to compare with. */
  readonly line?: { readonly from: readonly [number, number]; readonly to: readonly [number, number] } | undefined;
}

/** Points of several clouds, with a legend, and a line to compare them with. */
export function scatter(clouds: readonly Cloud[], options: ScatterOptions): Promise<string> {
  const { title, x, y, log = false, line, width = 440, height = 340 } = options;
  const fits = ([a, b]: readonly [number, number]): boolean =>
    Number.isFinite(a) && Number.isFinite(b) && (!log || (a > 0 && b > 0));
  const points = clouds.flatMap(({ points }, i) =>
    points.filter(fits).map(([a, b]) => ({ x: a, y: b, colour: colourOf(i) })),
  );
  const axis = log ? { type: "log" as const, tickFormat: "~e" } : { nice: true };
  return draw(title, {
    width,
    height,
    marginLeft: 52,
    marginBottom: 36,
    marginTop: 24 + 14 * clouds.length,
    x: { label: x, labelAnchor: "center", ...axis, ...(log && { ticks: 4 }) },
    y: { label: y, grid: true, ...axis, ...(log && { ticks: 6 }) },
    color: { type: "identity" },
    marks: [
      Plot.dot(points, { x: "x", y: "y", fill: "colour", r: 2, fillOpacity: 0.55 }),
      ...(line
        ? [
            Plot.line([line.from, line.to], {
              x: "0",
              y: "1",
              stroke: "currentColor",
              strokeWidth: 1.25,
              strokeDasharray: "4 3",
            }),
          ]
        : []),
      ...clouds.map(({ name }, i) =>
        Plot.text([name], {
          frameAnchor: "top-right",
          dy: -14 * (clouds.length - i),
          text: (d) => `● ${d}`,
          fill: colourOf(i),
          fontSize: 11,
        }),
      ),
    ],
  });
}
