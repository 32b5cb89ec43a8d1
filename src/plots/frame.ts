import * as Plot from "@observablehq/plot";
import { type Axis, linearAxis, logAxis, niceStep, thinned } from "./axes.ts";
import { escapeXml } from "./escape.ts";
import { LINE, round } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { textWidth, wrapText } from "./text.ts";

export interface FrameOptions {
  readonly width: number;
  readonly height: number;
  readonly font: number;
  readonly x: Axis;
  readonly y: Axis;
  /** What the axes show, with units. */
  readonly labels: { readonly x: string; readonly y: string };
  /** Pixels that stay free on the right of the axes. */
  readonly right?: number;
  /** Pixels that stay free above them (default: 0). */
  readonly above?: number;
}

/** Where a chart's axes are, in pixels, and what draws them. */
export interface Frame {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly axes: { readonly x: Axis; readonly y: Axis };
  readonly options: Plot.PlotOptions;
  /** Grid, ticks and their numbers. */
  readonly marks: readonly Plot.Markish[];
  /** The axes' labels, as SVG over the marks. */
  readonly svg: string;
}

/** A value's place between two ends, in pixels. */
export function position({ type, domain, place }: Axis, from: number, to: number): (value: number) => number {
  const of = type === "log" ? Math.log : (value: number) => value;
  const [low, high] = [of(domain[0]), of(domain[1])];
  return (value) => from + ((of(place(value)) - low) / (high - low)) * (to - from);
}

/** How many numbers of at most `characters` have room beside each other. */
export const roomAcross = (pixels: number, font: number, characters = 4): number =>
  Math.max(2, Math.floor(pixels / (font * (0.64 * characters + 1))));

/** The axis across: its ends are those of the values. Few whole values have a tick each. */
export function acrossAxis(values: readonly number[], log: boolean, most: number): Axis {
  const different = [...new Set(values)].sort((a, b) => a - b);
  const isWhole = different.length > 0 && different.every(Number.isInteger);
  const isFew = isWhole && different.length < 12;
  if (log) {
    const axis = logAxis(values, most);
    return isFew ? { ...axis, ticks: different.map(axis.place) } : axis;
  }
  if (different.length === 0) return linearAxis([0, 1], most);
  const [low, high] = [different[0]!, different.at(-1)!];
  const shared = {
    type: "linear" as const,
    place: (value: number) => value,
    text: (tick: number) => numberText(tick, 6),
  };
  // A single value of many digits is no label: round numbers beside it are.
  if (low === high && !isWhole) return linearAxis([low], most);
  if (low === high) return { ...shared, domain: [low - 1, high + 1], ticks: [low] };
  if (isFew) return { ...shared, domain: [low, high], ticks: different };
  const step = Math.max(isWhole ? 1 : 0, niceStep(low, high, most));
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { ...shared, domain: [low, high], ticks };
}

/** The wrapped labels of the axes, and what they need above and below. */
function axisLabels(given: FrameOptions) {
  const { width, font, labels } = given;
  const up = labels.y === "" ? [] : wrapText(`↑ ${labels.y}`, width - 12, font);
  const across = wrapText(`${labels.x}\u00a0→`, width - 12, font);
  return { up, across, above: up.length * font * LINE + (given.above ?? 0), below: across.length * font * LINE };
}

/** Pixels on the right of the axes: as many as are asked for, and what the last number needs that stands half beyond its tick. */
function roomOnRight({ width, font, x, right: asked = 14 }: FrameOptions, left: number): number {
  const last = x.ticks.at(-1);
  if (last === undefined) return asked;
  const end = position(x, left, width - asked)(last) + textWidth(x.text(last), font) / 2;
  return asked + Math.max(0, Math.ceil(end - width + 1));
}

export function frameFor(given: FrameOptions): Frame {
  const { width, height, font, x, y } = given;
  const { up, across, above, below } = axisLabels(given);
  const left = Math.ceil(Math.max(0, ...y.ticks.map((tick) => textWidth(y.text(tick), font))) + 14);
  const free = roomOnRight(given, left);
  const [top, bottom, right] = [Math.ceil(above + font), Math.ceil(height - below - font - 16), width - free];
  const places = { x: position(x, left, right), y: position(y, bottom, top) };
  const ticks = thinned(x.ticks, places.x, x.text, font);
  const middle = (left + right) / 2;
  const lines = [
    ...up.map((line, i) => `<text x="6" y="${round(font * (0.95 + LINE * i))}">${escapeXml(line)}</text>`),
    ...across.map((line, i) => {
      const half = textWidth(line, font) / 2;
      const at = Math.max(half + 2, Math.min(width - half - 2, middle));
      return `<text x="${round(at)}" y="${round(height - 6 - font * LINE * (across.length - 1 - i))}" text-anchor="middle">${escapeXml(line)}</text>`;
    }),
  ];
  return {
    ...places,
    ...{ left, right, top, bottom, axes: { x, y } },
    options: {
      ...{ width, height, marginLeft: left, marginRight: free, marginTop: top, marginBottom: height - bottom },
      x: { type: x.type, domain: [...x.domain], axis: null },
      y: { type: y.type, domain: [...y.domain], axis: null },
      color: { type: "identity" },
    },
    marks: [
      Plot.gridY([...y.ticks]),
      Plot.axisY([...y.ticks], { label: null, text: y.text, tickSize: 4, fontSize: font }),
      Plot.axisX(ticks, { label: null, text: x.text, tickSize: 4, fontSize: font }),
    ],
    svg: `<g aria-label="axis" text-anchor="start" font-size="${font}" fill="currentColor">${lines.join("")}</g>`,
  };
}
