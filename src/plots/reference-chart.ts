import * as Plot from "@observablehq/plot";
import { coloured, type NamedInterval, namedRows } from "./interval-chart.ts";
import { draw, type Size } from "./plot.ts";

/** A value with its interval, the single measurements behind it, and what others report. */
export interface Referenced extends NamedInterval {
  readonly points: readonly number[];
  readonly reference?: number | undefined;
}

export interface ReferenceChartOptions extends Size {
  readonly title: string;
  readonly x: string;
}

/**
 * A row a name: the mean as a dot with its interval as a line, each measurement as a small circle, and the reference as a
 * diamond. Logarithmic axis: only what is above 0 is drawn, and an interval that isn't
 * wholly there not at all.
 */
export function referenceChart(items: readonly Referenced[], options: ReferenceChartOptions): Promise<string> {
  const { title, x, width = 720, height = 56 + 28 * items.length } = options;
  const rows = coloured(items);
  const shown = (x: number | undefined): boolean => x !== undefined && x > 0 && x < Infinity;
  const bounded = rows.filter(({ low, high }) => shown(low) && shown(high));
  const points = rows.flatMap(({ name, colour, points }) =>
    points.filter(shown).map((value) => ({ name, colour, value })),
  );
  return draw(title, {
    width,
    height,
    ...namedRows(items, x),
    marks: [
      Plot.ruleY(bounded, { x1: "low", x2: "high", y: "name", stroke: "colour", strokeWidth: 2.5, strokeOpacity: 0.5 }),
      Plot.dot(points, { x: "value", y: "name", stroke: "colour", r: 2.5, strokeOpacity: 0.8 }),
      Plot.dot(
        rows.filter(({ value }) => shown(value)),
        { x: "value", y: "name", fill: "colour", r: 4.5 },
      ),
      Plot.dot(
        rows.filter(({ reference }) => shown(reference)),
        { x: "reference", y: "name", symbol: "diamond", fill: "currentColor", r: 5 },
      ),
    ],
  });
}
