import * as Plot from "@observablehq/plot";
import type { Figure } from "../statistics/figure.ts";
import { hitsSvg, valueText } from "./marks.ts";
import { colourOf, draw, fontFor, type Size, WIDTH } from "./plot.ts";
import { rowsAxis, rowsFor } from "./rows.ts";

/** A value with its interval, by name. */
export interface NamedInterval extends Figure {
  /** What stands beside it. */
  readonly name: string;
  /** As in CSS (default: one colour of the palette). */
  readonly colour?: string | undefined;
}

/** Title, axis and scale of an interval chart. */
export interface IntervalChartOptions extends Omit<Size, "height"> {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the values are, with their unit. */
  readonly x: string;
  /** Of the axis (default: "logarithmic"). A linear one shows values of any sign. */
  readonly scale?: "logarithmic" | "linear" | undefined;
}

/** What an item of a chart of intervals shows beside its mean. */
export interface Measured extends NamedInterval {
  /** The single measurements behind it, as small circles. */
  readonly points?: readonly number[] | undefined;
  /** What others report, as a diamond. */
  readonly reference?: number | undefined;
}

const RADIUS = 4.5;

/**
 * A row a name, on a logarithmic axis: a dot with a line from the lower to the upper end of its interval. Where there are any, each
 * measurement is a small circle and the reference a diamond. 0 has a place of its own, on which dots are hollow; an interval that
 * reaches below 0 ends there. What is not a number at least 0 has a name only. All items have one colour unless they say another. On a linear
 * axis 0 and what is below it are values like others.
 */
export function intervalChart(items: readonly Measured[], options: IntervalChartOptions): Promise<string> {
  const { title, x, width = WIDTH } = options;
  const least = options.scale === "linear" ? -Infinity : 0;
  const fits = (value: number | undefined): value is number =>
    value !== undefined && value >= least && Math.abs(value) < Infinity;
  const font = fontFor(width);
  const values = items.flatMap(({ value, low, high, points = [], reference }) =>
    [value, Math.max(least, low), high, ...points, reference].filter(fits),
  );
  const axis = rowsAxis(values, least === 0 && values.some((value) => value > 0), width, font);
  const rows = rowsFor({ names: items.map(({ name }) => name), x, width, font, axis });
  const shown = items.map((item, i) => ({ ...item, colour: item.colour ?? colourOf(0), y: rows.y(i) }));
  const means = shown.filter(({ value }) => fits(value)).map((item) => ({ ...item, at: rows.x(item.value) }));
  const lines = means
    .filter(({ low, high }) => Number.isFinite(low) && fits(high))
    .map((item) => ({ ...item, from: rows.x(Math.max(least, item.low)), to: rows.x(item.high) }));
  const points = shown.flatMap(({ points = [], y, colour }) =>
    points.filter(fits).map((value) => ({ at: rows.x(value), y, colour })),
  );
  const references = shown.flatMap(({ reference, y }) => (fits(reference) ? [{ at: rows.x(reference), y }] : []));
  return draw(title, {
    ...rows.options,
    marks: [
      ...rows.marks,
      Plot.ruleY(lines, { x1: "from", x2: "to", y: "y", stroke: "colour", strokeWidth: 2.5, strokeOpacity: 0.55 }),
      Plot.dot(points, { x: "at", y: "y", stroke: "colour", r: 3, strokeOpacity: 0.8 }),
      Plot.dot(means, {
        ...{ x: "at", y: "y", r: RADIUS, stroke: "colour", strokeWidth: 1.75 },
        fill: ({ value, colour }: (typeof means)[number]) => (value > 0 || least < 0 ? colour : "none"),
      }),
      Plot.dot(references, { x: "at", y: "y", symbol: "diamond", fill: "currentColor", r: 5 }),
    ],
    overlay: () =>
      rows.svg +
      hitsSvg(
        means.map(({ name, value, low, high, at, y, colour }) => ({
          ...{ x: at, y, colour, text: valueText(name, value, low, high) },
        })),
      ),
  });
}
