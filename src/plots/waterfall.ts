import * as Plot from "@observablehq/plot";
import { linearAxis } from "./axes.ts";
import { roomAcross } from "./frame.ts";
import type { NamedInterval } from "./interval-chart.ts";
import { hitsSvg, labelsSvg, valueText } from "./marks.ts";
import { colourOf, draw, fontFor, GREY, type Size, WIDTH } from "./plot.ts";
import { rowsFor } from "./rows.ts";

/** One step of a way from a first value to a last one: what it adds, which may be less than 0, and its interval. */
export type Fall = NamedInterval;

/** Title, axis and ends of a waterfall chart. */
export interface WaterfallOptions extends Omit<Size, "height"> {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the values are, with their unit. */
  readonly x: string;
  /** The bar that it begins with. */
  readonly from: { readonly name: string; readonly value: number };
  /** The bar that it ends with. */
  readonly to: { readonly name: string; readonly value: number };
  /** Decimals of the values (default: 3). */
  readonly digits?: number | undefined;
}

/**
 * How steps add up from one value to another: a bar from 0 for both ends, and between them a bar for each step that begins where the
 * one before ended, with its interval as a line around its end. Ends of intervals that are not finite are not drawn.
 */
export function waterfall(steps: readonly Fall[], options: WaterfallOptions): Promise<string> {
  const { title, x, from, to, digits = 3, width = WIDTH } = options;
  const font = fontFor(width);
  const bars = barsOf(steps, from, to, digits);
  const ends = bars.flatMap(({ x1, x2, low, high }) => [x1, x2, low, high]).filter(Number.isFinite);
  const axis = linearAxis([0, ...ends], roomAcross(0.5 * width, font));
  const rows = rowsFor({ names: bars.map(({ name }) => name), x, width, font, axis, right: 5 * font });
  const shown = bars.map((bar, i) => {
    const half = 0.65 * font;
    return { ...bar, ...{ from: rows.x(bar.x1), to: rows.x(bar.x2), y: rows.y(i) }, half };
  });
  const whiskers = shown
    .filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high))
    .map((bar) => ({ ...bar, low: rows.x(bar.low), high: rows.x(bar.high) }));
  const caps = whiskers.flatMap(({ low, high, y, half }) =>
    [low, high].map((at) => ({ at, y1: y - half / 2, y2: y + half / 2 })),
  );
  return draw(title, {
    ...rows.options,
    marks: [
      ...rows.marks,
      Plot.rect(shown, {
        ...{ x1: "from", x2: "to", y1: ({ y, half }) => y - half, y2: ({ y, half }) => y + half, fill: "colour" },
      }),
      Plot.ruleY(whiskers, { x1: "low", x2: "high", y: "y", stroke: "currentColor", strokeWidth: 1.5 }),
      Plot.ruleX(caps, { x: "at", y1: "y1", y2: "y2", stroke: "currentColor", strokeWidth: 1.5, ariaLabel: "cap" }),
      Plot.ruleX([rows.x(0)]),
    ],
    overlay: () =>
      rows.svg +
      labelsSvg(
        shown.map(({ text, from, to, high, y }) => ({
          ...{ lines: [text], y, colour: "currentColor" },
          x: Math.max(from, to, Number.isFinite(high) ? rows.x(high) : from) + 6,
        })),
        font,
      ) +
      hitsSvg(
        shown.map(({ name, value, low, high, to, y, colour, x1 }) => ({
          ...{ x: to, y, colour, text: valueText(name, value, low - x1, high - x1) },
        })),
      ),
  });
}

/** A bar for each end and each step, in the units of the values. */
function barsOf(steps: readonly Fall[], from: WaterfallOptions["from"], to: WaterfallOptions["to"], digits: number) {
  const end = ({ name, value }: WaterfallOptions["from"]) => ({
    ...{ name, value, x1: 0, x2: value, low: Number.NaN, high: Number.NaN, text: value.toFixed(digits), colour: GREY },
  });
  let at = from.value;
  const between = steps.map(({ name, value, low, high, colour }, i) => {
    const [x1, x2] = [at, at + value];
    const text = `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
    const bar = { name, value, x1, x2, low: x1 + low, high: x1 + high, text, colour: colour ?? colourOf(i) };
    at = x2;
    return bar;
  });
  return [end(from), ...between, end(to)];
}
