import * as Plot from "@observablehq/plot";
import { colourOf, draw, type Size } from "./plot.ts";

/** A value and its interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface NamedInterval extends Interval {
  readonly name: string;
  readonly colour?: string | undefined;
}

export interface IntervalChartOptions extends Size {
  readonly title: string;
  readonly x: string;
}

const finitePositive = ({ value, low, high }: Interval): boolean =>
  [value, low, high].every((x) => x > 0 && x < Infinity);

/** A dot a name with a line from the lower to the upper end of its interval, on a logarithmic axis. What is not above 0 has a name only. */
export function intervalChart(items: readonly NamedInterval[], options: IntervalChartOptions): Promise<string> {
  const { title, x, width = 720, height = 48 + 22 * items.length } = options;
  const rows = items.map((item, i) => ({ ...item, colour: item.colour ?? colourOf(i) }));
  const shown = rows.filter(finitePositive);
  return draw(title, {
    width,
    height,
    marginLeft: 16 + 6.4 * Math.max(0, ...items.map(({ name }) => name.length)),
    marginRight: 24,
    marginBottom: 36,
    x: { label: x, labelAnchor: "center", grid: true, ...(shown.length > 0 && { type: "log", tickFormat: "~g" }) },
    y: { label: null, type: "point", domain: rows.map(({ name }) => name) },
    color: { type: "identity" },
    marks: [
      Plot.ruleY(shown, { x1: "low", x2: "high", y: "name", stroke: "colour", strokeWidth: 2.5, strokeOpacity: 0.6 }),
      Plot.dot(shown, { x: "value", y: "name", fill: "colour", r: 4 }),
    ],
  });
}
