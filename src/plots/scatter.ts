import * as Plot from "@observablehq/plot";
import { type Axis, linearAxis, logAxis } from "./axes.ts";
import { frameFor, roomAcross } from "./frame.ts";
import { LINE, labelsSvg } from "./marks.ts";
import { colourOf, draw, fontFor, type Size, WIDTH } from "./plot.ts";

type Pair = readonly [x: number, y: number];

/** A cloud of points, or several, each in its own colour. */
export interface Cloud {
  /** What stands beside the points. */
  readonly name: string;
  /** Pairs x, y. */
  readonly points: readonly Pair[];
}

/** Title, axes and scales of a scatter plot. */
export interface ScatterOptions extends Size {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the horizontal axis shows, with its unit. */
  readonly x: string;
  /** What the vertical axis shows, with its unit. */
  readonly y: string;
  /** Both axes logarithmic: points below 0 are omitted. */
  readonly log?: boolean | undefined;
  /** The horizontal axis logarithmic, the vertical one not: points whose x is below 0 are omitted. */
  readonly logX?: boolean | undefined;
  /** Values of x without one of y, with a name: crosses at the upper edge. */
  readonly crosses?: { readonly name: string; readonly at: readonly number[] } | undefined;
  /** Points of a line over the dots that keeps its value up to the next one, as the best so far does. */
  readonly steps?: readonly Pair[] | undefined;
  /** Each point is the name of its cloud, which is one of a few characters, in place of a dot with the names above. */
  readonly named?: boolean | undefined;
  /** A straight line between two points, as they are shown, to compare with. */
  readonly line?: { readonly from: Pair; readonly to: Pair } | undefined;
}

/** Dots up to this number are large enough to be seen one by one. */
const FEW = 300;
const few = { r: 3.2, fillOpacity: 0.8 };
const many = { r: 2.2, fillOpacity: 0.55 };

/** Points of several clouds, their names above, and a line to compare them with. On logarithmic axes 0 has a place of its own. */
export function scatter(clouds: readonly Cloud[], options: ScatterOptions): Promise<string> {
  const { title, x, y, log = false, logX = log, named = false, line, steps = [], width = WIDTH } = options;
  const { height = 0.75 * width } = options;
  const font = fontFor(width);
  const fits = ([a, b]: Pair): boolean =>
    Number.isFinite(a) && Number.isFinite(b) && (!logX || a >= 0) && (!log || b >= 0);
  const crosses = (options.crosses?.at ?? []).filter((at) => fits([at, 0]));
  const points = clouds.flatMap(({ name, points }, i) =>
    points.filter(fits).map(([a, b]) => ({ name, x: a, y: b, colour: colourOf(i) })),
  );
  const axis = (isLog: boolean, values: readonly number[], most: number): Axis =>
    isLog && values.some((value) => value > 0) ? logAxis(values, most) : linearAxis(values, most);
  const names = [
    ...(crosses.length > 0 ? [{ text: `× ${options.crosses!.name}`, colour: "currentColor" }] : []),
    ...(clouds.length > 1 && !named ? clouds.map(({ name }, i) => ({ text: `● ${name}`, colour: colourOf(i) })) : []),
  ];
  const frame = frameFor({
    ...{ width, height, font, labels: { x, y } },
    x: axis(logX, [...points.map((p) => p.x), ...crosses], roomAcross(width - 5 * font, font)),
    y: axis(
      log,
      points.map((p) => p.y),
      Math.floor((height - 5 * font) / (2.2 * font)),
    ),
    above: names.length * font * LINE,
  });
  const placed = points.map((p) => ({ ...p, x: frame.axes.x.place(p.x), y: frame.axes.y.place(p.y) }));
  return draw(title, {
    ...frame.options,
    marks: [
      ...frame.marks,
      named
        ? Plot.text(placed, { x: "x", y: "y", text: "name", fill: "colour", fontSize: 0.75 * font, fillOpacity: 0.8 })
        : Plot.dot(placed, { x: "x", y: "y", fill: "colour", ...(points.length > FEW ? many : few) }),
      ...(steps.length > 0
        ? [Plot.line(steps, { x: "0", y: "1", stroke: "currentColor", strokeWidth: 1.5, curve: "step-after" })]
        : []),
      ...(crosses.length > 0
        ? [
            Plot.dot(crosses, {
              ...{ x: frame.axes.x.place, y: () => frame.axes.y.domain[1], symbol: "times", r: 4 },
              ...{ stroke: "currentColor", strokeWidth: 1.5 },
            }),
          ]
        : []),
      ...(line
        ? [
            Plot.line([line.from, line.to], {
              ...{ x: "0", y: "1", stroke: "currentColor", strokeWidth: 1.25, strokeDasharray: "4 3", clip: true },
            }),
          ]
        : []),
    ],
    overlay: () =>
      frame.svg +
      (names.length > 0
        ? labelsSvg(
            names.map(({ text, colour }, i) => ({
              ...{ lines: [text], x: frame.right, anchor: "end" as const, colour },
              y: frame.top - font * LINE * (names.length - i - 0.35),
            })),
            font,
          )
        : ""),
  });
}
