import * as Plot from "@observablehq/plot";
import type { Axis } from "./axes.ts";
import { escapeXml } from "./escape.ts";
import { acrossAxis, position, roomAcross } from "./frame.ts";
import { type Label, LINE, labelsSvg, round } from "./marks.ts";
import { textWidth, wrapText } from "./text.ts";

/** The largest share of a chart's width that the rows' names take. */
const SHARE = 0.4;

export interface RowsOptions {
  readonly names: readonly string[];
  readonly x: string;
  readonly width: number;
  readonly font: number;
  readonly axis: Axis;
  /** Pixels that stay free on the right (default: 16). */
  readonly right?: number | undefined;
}

/** Where the rows of a chart with a row a name are, in pixels, and what draws the names and the axis below. */
export interface Rows {
  readonly height: number;
  readonly x: (value: number) => number;
  readonly y: (row: number) => number;
  readonly left: number;
  readonly right: number;
  readonly options: Plot.PlotOptions;
  readonly marks: readonly Plot.Markish[];
  readonly svg: string;
}

/** The axis of rows, with as many ticks as there is room for beside the names. */
export const rowsAxis = (values: readonly number[], log: boolean, width: number, font: number): Axis =>
  acrossAxis(values, log, roomAcross(width * 0.6, font));

/** Names on the left, in lines, and an axis below with a grid. Everything in pixels. */
export function rowsFor({ names, x, width, font, axis, right: free = 16 }: RowsOptions): Rows {
  const lines = names.map((name) => wrapText(name, SHARE * width, font));
  const left = Math.ceil(Math.max(0, ...lines.flat().map((line) => textWidth(line, font))) + 14);
  const across = wrapText(`${x}\u00a0→`, width - 12, font);
  const [top, right] = [6, width - free];
  const ends = [top];
  for (const { length } of lines) ends.push(ends.at(-1)! + font * (LINE * length + 0.5));
  const bottom = ends.at(-1)!;
  const height = Math.ceil(bottom + font * (1.6 + LINE * across.length) + 10);
  const at = position(axis, left, right);
  const y = (i: number): number => (ends[i]! + ends[i + 1]!) / 2;
  const labels: Label[] = lines.map((those, i) => ({
    ...{ lines: those, x: left - 8, y: y(i), colour: "currentColor", anchor: "end" },
  }));
  const texts = across.map((line, i) => {
    const half = textWidth(line, font) / 2;
    const middle = Math.max(half + 2, Math.min(width - half - 2, (left + right) / 2));
    return `<text x="${round(middle)}" y="${round(height - 6 - font * LINE * (across.length - 1 - i))}" text-anchor="middle">${escapeXml(line)}</text>`;
  });
  const ticks = axis.ticks.map((tick) => ({ tick, at: at(tick) }));
  return {
    ...{ height, x: at, y, left, right },
    options: {
      ...{ width, height, marginLeft: left, marginRight: free, marginTop: top, marginBottom: height - bottom },
      x: { type: "identity", axis: null },
      y: { type: "identity", axis: null },
      color: { type: "identity" },
    },
    marks: [Plot.gridX(ticks.map(({ at }) => at))],
    svg: `${labelsSvg(labels, font)}<g aria-label="axis" font-size="${font}" fill="currentColor" text-anchor="middle">${ticks
      .map(({ tick, at }) => `<text x="${round(at)}" y="${round(bottom + font * 1.2)}">${axis.text(tick)}</text>`)
      .join("")}${texts.join("")}</g>`,
  };
}
