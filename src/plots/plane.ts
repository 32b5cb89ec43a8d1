import * as Plot from "@observablehq/plot";
import type { Figure } from "../statistics/figure.ts";
import { linearAxis, logAxis } from "./axes.ts";
import { type Frame, frameFor, roomAcross } from "./frame.ts";
import { hitsSvg, labelsSvg, round } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { placeLabels } from "./place-labels.ts";
import { colourOf, draw, fontFor, type Size, WIDTH } from "./plot.ts";

/** A point with an interval in both directions. */
export interface PlanePoint {
  /** What stands beside the point. */
  readonly name: string;
  /** Its place along the horizontal axis. */
  readonly x: Figure;
  /** Its place along the vertical axis. */
  readonly y: Figure;
  /** Only the upper end of x's interval is known: the point stands there, hollow, with an arrow to the left. */
  readonly atMost?: boolean | undefined;
  /** As in CSS (default: one colour of the palette). */
  readonly colour?: string | undefined;
}

/** Title and axes of a plane of points with intervals. */
export interface PlaneOptions extends Size {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the horizontal axis shows, with its unit. */
  readonly x: string;
  /** What the vertical axis shows, with its unit. */
  readonly y: string;
}

/** A point in pixels. */
interface Shown extends PlanePoint {
  readonly colour: string;
  readonly px: { readonly x: number; readonly y: number };
  readonly across: readonly [number, number];
  readonly up: readonly [number, number];
}

/** How far below its value an interval without a lower end is drawn, as a factor. */
const SHORT = 1.6;

/**
 * Points with intervals both ways on logarithmic axes, their names beside them where there is room: first the points that no other one
 * is to the left of and below. 0 has a place of its own on both axes. An interval that reaches 0 ends at the edge.
 */
export function plane(points: readonly PlanePoint[], options: PlaneOptions): Promise<string> {
  const { title, x, y, width = WIDTH, height = width } = options;
  const font = fontFor(width);
  const known = points.filter((p) => [p.atMost ? p.x.high : p.x.value, p.y.value].every(Number.isFinite));
  if (known.length === 0) return draw(title, { width, height, marks: [Plot.frame()] });
  const xs = known.map((p) => Math.max(0, p.atMost ? p.x.high : p.x.value));
  const ys = known.map((p) => Math.max(0, p.y.value));
  const axis = (values: readonly number[], all: readonly number[], most: number) =>
    values.some((value) => value > 0)
      ? logAxis([...values, ...all.filter((v) => v > 0 && v < Infinity)], most)
      : linearAxis([0, 1]);
  const frame = frameFor({
    ...{ width, height, font, labels: { x, y } },
    x: axis(
      xs,
      known.flatMap((p) => [p.x.high, ...(p.atMost ? [p.x.high / SHORT] : [p.x.low])]),
      roomAcross(width - 6 * font, font),
    ),
    y: axis(
      ys,
      known.flatMap((p) => [p.y.low, p.y.high]),
      Math.floor((height - 5 * font) / (2.2 * font)),
    ),
  });
  const shown = known.map((point) => inPixels(point, frame));
  return draw(title, {
    ...frame.options,
    ...{ x: { type: "identity", axis: null }, y: { type: "identity", axis: null } },
    marks: pointMarks(shown, frame),
    overlay: () => overlay(shown, frame, { font, x, y }),
  });
}

function inPixels(point: PlanePoint, frame: Frame): Shown {
  const { x, y, atMost, colour = colourOf(0) } = point;
  const place = (at: (value: number) => number, value: number): number => at(Math.max(0, value));
  const px = { x: place(frame.x, atMost ? x.high : x.value), y: place(frame.y, y.value) };
  const lowEnd = (value: number, low: number, at: (value: number) => number, edge: number): number =>
    low > 0 ? at(low) : value > 0 ? edge : at(0);
  return {
    ...point,
    ...{ colour, px },
    across: [atMost ? frame.x(x.high / SHORT) : lowEnd(x.value, x.low, frame.x, frame.left), place(frame.x, x.high)],
    up: [lowEnd(y.value, y.low, frame.y, frame.bottom), place(frame.y, y.high)],
  };
}

function pointMarks(shown: readonly Shown[], frame: Frame): Plot.Markish[] {
  const { axes } = frame;
  const at = { x: ({ px }: Shown) => px.x, y: ({ px }: Shown) => px.y };
  const line = { stroke: "colour", strokeOpacity: 0.5, strokeWidth: 2 };
  return [
    Plot.gridY(axes.y.ticks.map(frame.y)),
    Plot.gridX(axes.x.ticks.map(frame.x)),
    Plot.ruleY(shown, { x1: ({ across }) => across[0], x2: ({ across }) => across[1], y: at.y, ...line }),
    Plot.ruleX(shown, { y1: ({ up }) => up[0], y2: ({ up }) => up[1], x: at.x, ...line }),
    Plot.dot(
      shown.filter(({ atMost }) => !atMost),
      { ...at, fill: "colour", r: 4.5 },
    ),
    Plot.dot(
      shown.filter(({ atMost }) => atMost),
      { ...at, stroke: "colour", fill: "none", strokeWidth: 2, r: 4.5 },
    ),
  ];
}

function overlay(
  shown: readonly Shown[],
  frame: Frame,
  { font, x, y }: { readonly font: number; readonly x: string; readonly y: string },
): string {
  const arrows = shown
    .filter(({ atMost }) => atMost)
    .map(({ across, px, colour }) => ({ lines: ["←"], x: across[0] + 3, y: px.y - 1, colour, anchor: "end" as const }));
  const isBeaten = (p: Shown): boolean => shown.some((q) => q !== p && q.px.x <= p.px.x && q.px.y >= p.px.y);
  const first = shown.filter((p) => !isBeaten(p));
  const ordered = [...first, ...shown.filter(isBeaten)].map((point) => ({ ...point, ...point.px }));
  const lines = shown.flatMap(({ px, across, up }) => [
    { left: across[0] - (font * 2) / 3, right: across[1], top: px.y - 2, bottom: px.y + 2 },
    { left: px.x - 2, right: px.x + 2, top: up[1], bottom: up[0] },
  ]);
  const { left, right, top, bottom } = frame;
  const room = { left, right: right + 10, top: top - 6, bottom: bottom + 6 };
  const placed = placeLabels(ordered, font, room, lines);
  const leaders = placed
    .filter(({ isAway }) => isAway)
    .map(({ item, box, y: middle }) => {
      const to = Math.max(box.left, Math.min(box.right, item.px.x));
      const edge = item.px.y < middle ? box.top : box.bottom;
      return `<path d="M${round(item.px.x)},${round(item.px.y)}L${round(to)},${round(edge)}" stroke="${item.colour}"/>`;
    });
  return [
    tickLabels(frame, font),
    `<g aria-label="leader" stroke-opacity="0.5" fill="none">${leaders.join("")}</g>`,
    labelsSvg(
      [...arrows, ...placed.map(({ item, x, y }) => ({ lines: [item.name], x, y, colour: item.colour }))],
      font,
    ),
    hitsSvg(
      shown.map(({ name, x: across, y: up, atMost, px, colour }) => ({
        ...{ ...px, colour },
        text: `${name}: ${x} ${atMost ? `at most ${numberText(across.high)}` : numberText(across.value)}, ${y} ${numberText(up.value)}`,
      })),
    ),
  ].join("");
}

function tickLabels({ axes, x, y, left, bottom, svg }: Frame, font: number): string {
  const across = axes.x.ticks.map((tick) => ({
    lines: [axes.x.text(tick)],
    x: x(tick),
    y: bottom + font,
    anchor: "middle" as const,
  }));
  const up = axes.y.ticks.map((tick) => ({
    lines: [axes.y.text(tick)],
    x: left - 7,
    y: y(tick),
    anchor: "end" as const,
  }));
  return (
    svg +
    labelsSvg(
      [...across, ...up].map((label) => ({ ...label, colour: "currentColor" })),
      font,
    )
  );
}
