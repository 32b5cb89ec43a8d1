import * as Plot from "@observablehq/plot";
import { linearAxis } from "./axes.ts";
import { binned } from "./binned.ts";
import { frameFor, roomAcross } from "./frame.ts";
import { hitsSvg, LINE, labelsSvg } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { colourOf, draw, fontFor, GREY, type Size, WIDTH } from "./plot.ts";

/** The values of one class. */
export interface ClassValues {
  /** What stands beside its colour. */
  readonly name: string;
  /** Values that are not finite are omitted. */
  readonly values: ArrayLike<number>;
}

/** Title, axes and bins of a histogram by class. */
export interface ClassHistogramOptions extends Size {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the values are, with their unit. */
  readonly x: string;
  /** What is counted. */
  readonly y: string;
  /** The axis. Values outside are counted in the first or last bin. */
  readonly domain: readonly [number, number];
  /** Number of bins (default: 20). */
  readonly bins?: number | undefined;
}

/** How often values fall in each of `bins` equal bins, the classes upon each other, each in its own colour; its name stands above in it. */
export function classHistogram(classes: readonly ClassValues[], options: ClassHistogramOptions): Promise<string> {
  const { title, x, y, domain, bins = 20, width = WIDTH } = options;
  const { height = 0.5 * width } = options;
  const font = fontFor(width);
  const named = classes.length > 1;
  const tops = new Array<number>(bins).fill(0);
  const rects = classes.flatMap(({ name, values }, i) =>
    binned(values, domain, bins).map(({ from, to, count }, bin) => {
      const low = tops[bin]!;
      tops[bin] = low + count;
      return { name, from, to, count, low, high: low + count, colour: colourOf(i) };
    }),
  );
  const lines = named ? legendLines(classes, width, font) : [];
  // Half a line stays free above the topmost number of the axis.
  const above = named ? (lines.length * LINE + 0.5) * font : 0;
  const frame = frameFor({
    ...{ width, height: height + above, font, labels: { x, y } },
    x: linearAxis(domain, roomAcross(width - 4 * font, font)),
    y: linearAxis([0, Math.max(1, ...tops)], Math.max(2, Math.floor((height - 5 * font) / (2.2 * font)))),
    above,
  });
  return draw(title, {
    ...frame.options,
    marks: [
      ...frame.marks,
      Plot.rect(
        rects.filter(({ count }) => count > 0),
        { x1: "from", x2: "to", y1: "low", y2: "high", fill: "colour", insetLeft: 0.5, insetRight: 0.5 },
      ),
      Plot.ruleY([0]),
    ],
    overlay: () =>
      frame.svg +
      labelsSvg(
        lines.flatMap((line, row) =>
          line.map((label) => ({ ...label, y: frame.top - font * (0.5 + LINE * (lines.length - row - 0.35)) })),
        ),
        font,
      ) +
      hitsSvg(
        rects
          .filter(({ count }) => count > 0)
          .map(({ name, from, to, count, low, high, colour }) => ({
            ...{ x: frame.x((from + to) / 2), y: frame.y((low + high) / 2), colour },
            text: `${named ? `${name}: ` : ""}${numberText(count)} at ${numberText(from)} to ${numberText(to)}`,
          })),
      ),
  });
}

/** The names of classes in as many lines as they need, from the left. */
function legendLines(classes: readonly ClassValues[], width: number, font: number) {
  const lines: { lines: string[]; x: number; colour: string }[][] = [[]];
  let x = 6;
  for (const [i, { name }] of classes.entries()) {
    const text = `■ ${name.length > 24 ? `${name.slice(0, 23)}…` : name}`;
    const room = (Array.from(text).length * 0.66 + 1) * font;
    if (x > 6 && x + room > width) {
      lines.push([]);
      x = 6;
    }
    lines.at(-1)!.push({ lines: [text], x, colour: i < 8 ? colourOf(i) : GREY });
    x += room;
  }
  return lines;
}
