import * as Plot from "@observablehq/plot";
import { linearAxis } from "./axes.ts";
import { binned } from "./binned.ts";
import { frameFor, roomAcross } from "./frame.ts";
import { hitsSvg } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { colourOf, draw, fontFor, type Size, WIDTH } from "./plot.ts";

/** Title, axes and bins of a histogram. */
export interface HistogramOptions extends Size {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the values are, with their unit. */
  readonly x: string;
  /** What is counted; (default: "count"). */
  readonly y?: string | undefined;
  /** The axis (default: from the values). Values outside are counted in the first or last bin. */
  readonly domain?: readonly [number, number] | undefined;
  /** Number of bins (default: 20). */
  readonly bins?: number | undefined;
  /** Upper end of the count axis, to compare several histograms. */
  readonly top?: number | undefined;
  /** As in CSS (default: the first colour of the palette). */
  readonly colour?: string | undefined;
}

/** How often values fall in each of `bins` equal bins. */
export function histogram(values: ArrayLike<number>, options: HistogramOptions): Promise<string> {
  const { title, x, y = "count", bins = 20, top, colour = colourOf(0), width = WIDTH } = options;
  const { height = 0.5 * width } = options;
  const font = fontFor(width);
  const finite = Array.from(values).filter(Number.isFinite);
  const domain =
    options.domain ?? (finite.length > 0 ? ([Math.min(...finite), Math.max(...finite)] as const) : ([0, 1] as const));
  const counted = binned(finite, domain, bins);
  const most = Math.max(2, Math.floor((height - 5 * font) / (2.2 * font)));
  const frame = frameFor({
    ...{ width, height, font, labels: { x, y } },
    x: linearAxis(domain, roomAcross(width - 4 * font, font)),
    y: linearAxis([0, top ?? Math.max(1, ...counted.map(({ count }) => count))], most),
  });
  return draw(title, {
    ...frame.options,
    marks: [
      ...frame.marks,
      Plot.rectY(counted, { x1: "from", x2: "to", y: "count", fill: colour, inset: 0.5 }),
      Plot.ruleY([0]),
    ],
    overlay: () =>
      frame.svg +
      hitsSvg(
        counted.map(({ from, to, count }) => ({
          ...{ x: frame.x((from + to) / 2), y: frame.y(count), colour },
          text: `${numberText(count)} at ${numberText(from)} to ${numberText(to)}`,
        })),
      ),
  });
}
