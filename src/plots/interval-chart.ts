import * as Plot from "@observablehq/plot";
import type { Figure } from "../statistics/figure.ts";
import { colourOf, draw, type Size } from "./plot.ts";

export interface NamedInterval extends Figure, Named {}

export interface IntervalChartOptions extends Size {
  readonly title: string;
  readonly x: string;
  /** Of the axis (default: "logarithmic"). A linear one shows values of any sign. */
  readonly scale?: "logarithmic" | "linear" | undefined;
}

export interface Named {
  readonly name: string;
  readonly colour?: string | undefined;
}

/** Items with a colour each: their own, or one of the table's by their place. */
export const coloured = <T extends Named>(items: readonly T[]): (T & { readonly colour: string })[] =>
  items.map((item, i) => ({ ...item, colour: item.colour ?? colourOf(i) }));

/** What charts with a row a name have in common: margins that fit the names, a grid along x, and colours as given. */
export const namedRows = (items: readonly Named[], x: string, logarithmic = true) => ({
  marginLeft: 16 + 6.4 * Math.max(0, ...items.map(({ name }) => name.length)),
  marginRight: 24,
  marginBottom: 36,
  x: {
    label: x,
    labelAnchor: "center" as const,
    grid: true,
    ...(logarithmic && { type: "log" as const, tickFormat: "~g" }),
  },
  y: { label: null, type: "point" as const, domain: items.map(({ name }) => name) },
  color: { type: "identity" as const },
});

const finite = ({ value, low, high }: Figure): boolean => [value, low, high].every(Number.isFinite);
const finitePositive = ({ value, low, high }: Figure): boolean =>
  [value, low, high].every((x) => x > 0 && x < Infinity);

/**
 * A dot a name with a line from the lower to the upper end of its interval. On a logarithmic axis, what is not above 0 has a name only.
 */
export function intervalChart(items: readonly NamedInterval[], options: IntervalChartOptions): Promise<string> {
  const { title, x, width = 720, height = 48 + 22 * items.length } = options;
  const isLinear = options.scale === "linear";
  const shown = coloured(items).filter(isLinear ? finite : finitePositive);
  return draw(title, {
    width,
    height,
    ...namedRows(items, x, !isLinear && shown.length > 0),
    marks: [
      Plot.ruleY(shown, { x1: "low", x2: "high", y: "name", stroke: "colour", strokeWidth: 2.5, strokeOpacity: 0.6 }),
      Plot.dot(shown, { x: "value", y: "name", fill: "colour", r: 4 }),
    ],
  });
}
