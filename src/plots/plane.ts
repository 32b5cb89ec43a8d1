import * as Plot from "@observablehq/plot";
import { spread } from "./end-labels.ts";
import type { Interval } from "./interval-chart.ts";
import { colourOf, draw, type Size } from "./plot.ts";

export interface PlanePoint {
  readonly name: string;
  readonly x: Interval;
  readonly y: Interval;
  /** Only the upper end of x's interval is known: the point stands there, hollow, with an arrow to the left. */
  readonly atMost?: boolean | undefined;
  readonly colour?: string | undefined;
}

export interface PlaneOptions extends Size {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const usable = (v: number): boolean => v > 0 && v < Infinity;
const GAP = 13;

/** Points with intervals both ways on logarithmic axes, their names beside them. What is not above 0 is drawn at the axis' least value. */
export async function plane(points: readonly PlanePoint[], options: PlaneOptions): Promise<string> {
  const { title, x, y, width = 820, height = 460 } = options;
  const floor = (values: number[]): number => Math.min(1, ...values.filter(usable)) / 3;
  const [least, lowest] = [
    floor(points.flatMap((p) => (p.atMost ? [p.x.high] : [p.x.value, p.x.low]))),
    floor(points.flatMap((p) => [p.y.value, p.y.low])),
  ];
  const cut = ({ value, low, high }: Interval, least: number) => ({
    value: Math.max(value, least),
    low: Math.max(low, least),
    high: Math.max(high, least),
  });
  const known = points.filter((p) => [p.x.high, p.y.value].every(Number.isFinite));
  const shown = known.map((point, i) => {
    const [across, up] = [cut(point.x, least), cut(point.y, lowest)];
    const at = point.atMost ? across.high : across.value;
    return {
      name: point.name,
      colour: point.colour ?? colourOf(i),
      hollow: point.atMost === true,
      at,
      left: point.atMost ? at / 1.6 : across.low,
      right: across.high,
      y: up.value,
      low: up.low,
      high: up.high,
    };
  });
  if (shown.length === 0) return draw(title, { width, height, marks: [Plot.frame()] });
  const scale = Plot.scale({
    y: {
      type: "log",
      domain: [Math.min(...shown.map((p) => p.low)), Math.max(...shown.map((p) => p.high))],
      range: [height - 40, 20],
    },
  });
  const names = spread(
    shown.map((p) => ({ ...p, at: scale.apply(p.y) as number, where: p.right })),
    GAP,
    [20, height - 40],
  ).map((p) => ({ ...p, y: scale.invert!(p.at) as number }));
  return draw(title, {
    width,
    height,
    marginLeft: 56,
    marginBottom: 40,
    marginRight: 16 + 6.2 * Math.max(...shown.map(({ name }) => name.length)),
    x: { type: "log", label: x, labelAnchor: "center", grid: true, tickFormat: "~g" },
    y: { type: "log", label: y, grid: true, tickFormat: "~g", domain: scale.domain as number[] },
    color: { type: "identity" },
    marks: [
      Plot.ruleY(shown, { x1: "left", x2: "right", y: "y", stroke: "colour", strokeOpacity: 0.6, strokeWidth: 2 }),
      Plot.ruleX(shown, { y1: "low", y2: "high", x: "at", stroke: "colour", strokeOpacity: 0.6, strokeWidth: 2 }),
      Plot.dot(
        shown.filter(({ hollow }) => !hollow),
        { x: "at", y: "y", fill: "colour", r: 4.5 },
      ),
      Plot.dot(
        shown.filter(({ hollow }) => hollow),
        { x: "at", y: "y", stroke: "colour", fill: "none", strokeWidth: 2, r: 4.5 },
      ),
      Plot.text(
        shown.filter(({ hollow }) => hollow),
        { x: "left", y: "y", text: () => "←", fill: "colour", textAnchor: "end", dx: 2 },
      ),
      Plot.text(names, { x: "where", y: "y", text: "name", fill: "colour", textAnchor: "start", dx: 9, fontSize: 11 }),
    ],
  });
}
