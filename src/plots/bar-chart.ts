import * as Plot from "@observablehq/plot";
import { linearAxis } from "./axes.ts";
import { position, roomAcross } from "./frame.ts";
import { hitsSvg, labelsSvg, valueText } from "./marks.ts";
import { colourOf, draw, fontFor, type Size, WIDTH } from "./plot.ts";
import { rowsFor } from "./rows.ts";

/** A bar of a chart. */
export interface Bar {
  /** What stands beside the bar. */
  readonly name: string;
  /** Its length, in the unit of the axis. */
  readonly value: number;
  /** As in CSS (default: the first colour of the palette). */
  readonly colour?: string | undefined;
}

/** Title, axis and width of a bar chart. */
export interface BarChartOptions extends Omit<Size, "height"> {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the values are, with their unit. */
  readonly x: string;
  /** Decimals of the values (default: 2). */
  readonly digits?: number | undefined;
}

/** A horizontal bar a name, with its value written at its end. A value that is not finite has no bar and is written as "–". */
export function barChart(bars: readonly Bar[], options: BarChartOptions): Promise<string> {
  const { title, x, digits = 2, width = WIDTH } = options;
  const font = fontFor(width);
  const axis = linearAxis(
    [0, ...bars.map(({ value }) => value).filter(Number.isFinite)],
    roomAcross(0.5 * width, font),
  );
  const rows = rowsFor({ names: bars.map(({ name }) => name), x, width, font, axis, right: 4 * font });
  const at = position(axis, rows.left, rows.right);
  const shown = bars.map(({ name, value, colour = colourOf(0) }, i) => {
    const isShown = Number.isFinite(value);
    const [from, to] = [at(0), at(isShown ? value : 0)];
    const text = isShown ? value.toFixed(digits) : "–";
    const half = 0.65 * font;
    return {
      ...{ name, value, colour, from, to, text, y: rows.y(i) },
      top: rows.y(i) - half,
      bottom: rows.y(i) + half,
    };
  });
  return draw(title, {
    ...rows.options,
    marks: [
      ...rows.marks,
      Plot.rect(shown, { x1: "from", x2: "to", y1: "top", y2: "bottom", fill: "colour" }),
      Plot.ruleX([at(0)]),
    ],
    overlay: () =>
      rows.svg +
      labelsSvg(
        shown.map(({ text, from, to, y }) => ({ lines: [text], x: Math.max(from, to) + 5, y, colour: "currentColor" })),
        font,
      ) +
      hitsSvg(shown.map(({ name, value, to, y, colour }) => ({ x: to, y, colour, text: valueText(name, value) }))),
  });
}
