import * as Plot from "@observablehq/plot";
import { colourOf, draw, type Size } from "./plot.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly colour?: string | undefined;
}

export interface BarChartOptions extends Size {
  readonly title: string;
  readonly x: string;
  readonly digits?: number | undefined;
}

/** A horizontal bar a name, with its value written at its end. A value that is not finite has no bar and is written as "–". */
export function barChart(bars: readonly Bar[], options: BarChartOptions): Promise<string> {
  const { title, x, digits = 2, width = 560, height = 40 + 24 * bars.length } = options;
  const rows = bars.map(({ name, value, colour }, i) => ({
    name,
    value: Number.isFinite(value) ? value : 0,
    text: Number.isFinite(value) ? value.toFixed(digits) : "–",
    colour: colour ?? colourOf(i),
  }));
  return draw(title, {
    width,
    height,
    marginLeft: 16 + 6.2 * Math.max(0, ...bars.map((b) => b.name.length)),
    marginRight: 48,
    marginBottom: 32,
    x: { label: x, labelAnchor: "center", grid: true },
    y: { label: null, domain: rows.map((r) => r.name) },
    color: { type: "identity" },
    marks: [
      Plot.barX(rows, { x: "value", y: "name", fill: "colour", insetTop: 2, insetBottom: 2 }),
      Plot.text(rows, { x: "value", y: "name", text: "text", textAnchor: "start", dx: 5 }),
      Plot.ruleX([0]),
    ],
  });
}
