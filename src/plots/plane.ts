import * as Plot from "@observablehq/plot";
import type { Figure } from "../statistics/figure.ts";
import { spread } from "./end-labels.ts";
import { colourOf, draw, type Size } from "./plot.ts";

export interface PlanePoint {
  readonly name: string;
  readonly x: Figure;
  readonly y: Figure;
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
/** How far below the least value the edge of the picture is, as a factor. */
const FLOOR = 3;

/**
 * Points with intervals both ways on logarithmic axes, their names beside them. A y of 0 has no place on such an axis: it stands on a line
 * of its own below it, which is marked 0. An interval across that reaches 0 ends at the edge.
 */
export async function plane(points: readonly PlanePoint[], options: PlaneOptions): Promise<string> {
  const { title, x, y, width = 820, height = 460 } = options;
  const floor = (values: number[]): number => Math.min(1, ...values.filter(usable)) / FLOOR;
  const [least, lowest] = [
    floor(points.flatMap((p) => (p.atMost ? [p.x.high] : [p.x.value, p.x.low]))),
    floor(points.flatMap((p) => [p.y.value, p.y.low])),
  ];
  const cut = ({ value, low, high }: Figure, least: number) => ({
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
  const zeros = known.some((p) => p.y.value <= 0);
  const domain: [number, number] = [
    zeros ? lowest : Math.min(...shown.map((p) => p.low)),
    Math.max(...shown.map((p) => p.high)),
  ];
  const scale = Plot.scale({ y: { type: "log", domain, range: [height - 40, 20] } });
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
    y: { type: "log", domain, ...(zeros ? { axis: null } : { label: y, grid: true, tickFormat: "~g" }) },
    color: { type: "identity" },
    marks: [
      ...(zeros ? axisWithZero(y, domain) : []),
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

/** A logarithmic axis whose least value stands for 0: numbers are written where the axis has values only. */
function axisWithZero(label: string, [zero, most]: readonly [number, number]): Plot.Markish[] {
  const least = zero * FLOOR;
  const decades = Math.log10(most / least);
  const steps = decades > 3 ? [1] : decades > 1 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const [first, last] = [least, most].map((value) => Math.floor(Math.log10(value))) as [number, number];
  const all = Array.from({ length: last - first + 1 }, (_, i) => steps.map((step) => Number(`${step}e${first + i}`)));
  const ticks = [zero, ...all.flat().filter((value) => value >= least && value <= most)];
  // As marks: the format of a logarithmic scale would leave some labels empty, the one of 0 too.
  return [
    Plot.gridY(ticks),
    Plot.axisY(ticks, { label, text: (value: number) => (value === zero ? "0" : String(value)) }),
  ];
}
