import * as Plot from "@observablehq/plot";
import { linearAxis, logAxis } from "./axes.ts";
import { endLabels, namesOf } from "./end-labels.ts";
import { acrossAxis, type Frame, frameFor, roomAcross } from "./frame.ts";
import { hitsSvg, labelsSvg, seriesName, valueText } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { colourOf, draw, fontFor, GREY, palette, type Size, WIDTH } from "./plot.ts";

/** A point of a curve, with an interval where there is one. */
export interface CurvePoint {
  /** Its place along the horizontal axis. */
  readonly x: number;
  /** Its value. */
  readonly y: number;
  /** The lower end of an interval around y, drawn as a band. */
  readonly low?: number | undefined;
  /** The upper end of that interval. */
  readonly high?: number | undefined;
}

/** A curve by name. */
export interface Series {
  /** What stands at its end. */
  readonly name: string;
  /** Its points, from left to right. */
  readonly points: readonly CurvePoint[];
  /** (default: one of the palette by position; of more series than it has, for those that end lowest and highest, and grey for the others) */
  readonly colour?: string | undefined;
  /** What the others are compared with: thin dashes. */
  readonly dashed?: boolean | undefined;
}

/** Title, axes and scales of a line chart. */
export interface LineChartOptions extends Size {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the horizontal axis shows, with its unit. */
  readonly x: string;
  /** What the vertical axis shows, with its unit. */
  readonly y: string;
  /** A logarithmic y axis. Points below 0 are omitted; 0 has a place of its own. */
  readonly log?: boolean | undefined;
  /** A logarithmic x axis, likewise. */
  readonly logX?: boolean | undefined;
}

interface Curve extends Series {
  readonly colour: string;
}

/** A curve of at most this number of points has dots. */
const FEW = 24;
/** Points of a curve that show their value under a pointer. */
const MOST_HITS = 60;

/**
 * Curves with their names at their ends, in the order in which they end, and bands for intervals. A curve of few points has dots. Points
 * that are not finite are omitted, bands without ends too.
 */
export function lineChart(series: readonly Series[], options: LineChartOptions): Promise<string> {
  const { title, x, y, log = false, logX = false, width = WIDTH } = options;
  const font = fontFor(width);
  const curves = colouredCurves(
    series
      .map((s) => ({ ...s, points: s.points.filter((p) => fits(p.x, logX) && fits(p.y, log)) }))
      .filter(({ points }) => points.length > 0),
  );
  const names = namesOf(
    curves.map(({ name }) => name),
    width,
    font,
  );
  const height = options.height ?? Math.ceil(Math.max(0.64 * width, names.height + 5.5 * font));
  const right = curves.length > 0 ? names.right : undefined;
  const all = curves.flatMap(({ points }) => points);
  const [xs, ys] = [all.map((p) => p.x), all.map((p) => p.y)];
  const most = Math.max(3, Math.floor((height - 5 * font) / (2.2 * font)));
  const frame = frameFor({
    ...{ width, height, font, labels: { x, y } },
    ...(right !== undefined && { right }),
    x: acrossAxis(xs, logX && xs.length > 0, roomAcross(width - (right ?? 0) - 5 * font, font)),
    y: log && ys.some((value) => value > 0) ? logAxis(ys, most) : linearAxis(ys, most),
  });
  return draw(title, {
    ...frame.options,
    marks: [...frame.marks, ...(curves.length === 0 ? [Plot.frame()] : curves.flatMap((c) => curveMarks(c, frame)))],
    overlay: () => overlay(curves, names.lines, frame, { font, x }),
  });
}

const fits = (value: number, log: boolean): boolean => Number.isFinite(value) && (!log || value >= 0);

/** Curves with colours: where they are more than the palette, those that end lowest and highest, alternately. */
function colouredCurves(curves: readonly Series[]): Curve[] {
  const free = curves.filter(({ colour, dashed }) => colour === undefined && !dashed);
  const sorted = [...free].sort((a, b) => a.points.at(-1)!.y - b.points.at(-1)!.y);
  const few = palette.length / 2;
  const chosen =
    free.length <= palette.length
      ? free
      : free.filter((s) => [...sorted.slice(0, few), ...sorted.slice(-few)].includes(s));
  return curves.map((curve) => ({
    ...curve,
    colour: curve.colour ?? (chosen.includes(curve) ? colourOf(chosen.indexOf(curve)) : GREY),
  }));
}

/** The band, the line and the dots of a curve. */
function curveMarks({ name, points, colour, dashed = false }: Curve, { axes }: Frame): Plot.Markish[] {
  const ariaDescription = seriesName(name);
  const placed = points.map((p) => ({ x: axes.x.place(p.x), y: axes.y.place(p.y), isZero: axes.y.place(p.y) !== p.y }));
  const [least, most] = axes.y.domain;
  const inside = (value: number): number => Math.min(most, Math.max(least, value));
  const banded = points
    .filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high))
    .map((p) => ({ x: axes.x.place(p.x), low: inside(p.low!), high: inside(p.high!) }));
  const dotted = points.length <= FEW && !dashed;
  return [
    ...(banded.length > 1
      ? [Plot.areaY(banded, { x: "x", y1: "low", y2: "high", fill: colour, fillOpacity: 0.18, ariaDescription })]
      : banded.map((p) => Plot.ruleX([p], { x: "x", y1: "low", y2: "high", stroke: colour, ariaDescription }))),
    Plot.lineY(placed, {
      ...{ x: "x", y: "y", stroke: colour, strokeWidth: dashed ? 1 : 1.75, ariaDescription },
      ...(dashed && { strokeDasharray: "4 3" }),
    }),
    ...(dotted
      ? [
          Plot.dot(placed, {
            ...{ x: "x", y: "y", r: 3, stroke: colour, strokeWidth: 1.5, ariaDescription },
            // What stands for 0 is hollow.
            fill: ({ isZero }: { isZero: boolean }) => (isZero ? "none" : colour),
          }),
        ]
      : []),
  ];
}

/** Names, and what a pointer shows. */
function overlay(
  curves: readonly Curve[],
  lines: readonly (readonly string[])[],
  frame: Frame,
  { font, x }: { readonly font: number; readonly x: string },
): string {
  const at = (p: CurvePoint) => ({ x: frame.x(p.x), y: frame.y(p.y) });
  const ended = curves.map(({ name, colour, points }) => ({ name, colour, end: at(points.at(-1)!) }));
  const range = [frame.top - font, frame.bottom + font / 2] as const;
  const { labels, leaders } = endLabels(ended, lines, { font, range });
  const hits = curves.flatMap(({ name, colour, points, dashed }) => {
    const every = Math.ceil(points.length / MOST_HITS);
    return dashed
      ? []
      : points
          .filter((_, i) => (points.length - 1 - i) % every === 0)
          .map((p) => ({
            ...at(p),
            ...{ colour, series: name, text: `${valueText(name, p.y, p.low, p.high)} at ${x} ${numberText(p.x, 6)}` },
          }));
  });
  return frame.svg + leaders + labelsSvg(labels, font) + hitsSvg(hits);
}
