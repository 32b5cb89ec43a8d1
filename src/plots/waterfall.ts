import * as Plot from "@observablehq/plot";
import type { NamedInterval } from "./interval-chart.ts";
import { colourOf, draw, type Size } from "./plot.ts";

/** One step of a way from a first value to a last one: what it adds, which may be less than 0, and its interval. */
export type Fall = NamedInterval;

export interface WaterfallOptions extends Size {
  readonly title: string;
  readonly x: string;
  readonly from: { readonly name: string; readonly value: number };
  readonly to: { readonly name: string; readonly value: number };
  readonly digits?: number | undefined;
}

const GREY = "#7a8a99";

/**
 * How steps add up from one value to another: a bar from 0 for both ends, and between them a bar for each step that begins where the one
 * before ended, with its interval as a line around its end. Ends of intervals that are not finite are not drawn.
 */
export function waterfall(steps: readonly Fall[], options: WaterfallOptions): Promise<string> {
  const { title, x, from, to, digits = 3, width = 640, height = 40 + 30 * (steps.length + 2) } = options;
  let at = from.value;
  const bars = [
    { name: from.name, x1: 0, x2: from.value, text: from.value.toFixed(digits), colour: GREY },
    ...steps.map(({ name, value, colour }, i) => {
      const bar = {
        name,
        x1: at,
        x2: at + value,
        text: `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`,
        colour: colour ?? colourOf(i),
      };
      at += value;
      return bar;
    }),
    { name: to.name, x1: 0, x2: to.value, text: to.value.toFixed(digits), colour: GREY },
  ];
  const whiskers = steps.flatMap(({ name, low, high }, i) =>
    Number.isFinite(low) && Number.isFinite(high)
      ? [{ name, x1: bars[i + 1]!.x1 + low, x2: bars[i + 1]!.x1 + high }]
      : [],
  );
  const ends = new Map(whiskers.map((whisker) => [whisker.name, whisker.x2]));
  const labels = bars.map((bar) => ({ ...bar, end: Math.max(bar.x1, bar.x2, ends.get(bar.name) ?? bar.x2) }));
  return draw(title, {
    width,
    height,
    marginLeft: 16 + 6.2 * Math.max(...bars.map((bar) => bar.name.length)),
    marginRight: 60,
    marginBottom: 32,
    x: { label: x, labelAnchor: "center", grid: true, nice: true },
    y: { label: null, domain: bars.map((bar) => bar.name) },
    color: { type: "identity" },
    marks: [
      Plot.barX(bars, { x1: "x1", x2: "x2", y: "name", fill: "colour", insetTop: 4, insetBottom: 4 }),
      Plot.ruleY(whiskers, { x1: "x1", x2: "x2", y: "name", stroke: "currentColor", strokeWidth: 1.5 }),
      Plot.tickX(
        [...whiskers.map(({ name, x1 }) => ({ name, x: x1 })), ...whiskers.map(({ name, x2 }) => ({ name, x: x2 }))],
        {
          x: "x",
          y: "name",
          stroke: "currentColor",
          strokeWidth: 1.5,
          insetTop: 9,
          insetBottom: 9,
        },
      ),
      Plot.text(labels, { x: "end", y: "name", text: "text", textAnchor: "start", dx: 6 }),
      Plot.ruleX([0]),
    ],
  });
}
