import { escapeXml } from "./escape.ts";
import { fontFor, STANDALONE } from "./plot.ts";
import { encodePng } from "./png.ts";

/** A point of a pen's path, in any unit. */
export type PenPoint = readonly [x: number, y: number];
/** The points of a pen from where it is put down to where it is lifted; x grows to the right and y downwards. */
export type PenLine = readonly PenPoint[];

/** Drawings under one heading. */
export interface StrokeSection {
  /** The heading. */
  readonly title: string;
  /** The drawings, each a list of lines. */
  readonly drawings: readonly (readonly PenLine[])[];
}

/** Title and layout of a sheet of drawings. */
export interface StrokeSheetOptions {
  /** The title, for those who can't see the picture. */
  readonly title: string;
  /** Drawings a row (default: 6). */
  readonly columns?: number | undefined;
  /** Width and height of a drawing's square in pixels (default: 96). */
  readonly size?: number | undefined;
}

/** Share of a square that stays free at each side. */
const MARGIN = 0.1;
const HEADING = 26;
const INK = 2.4;
/** Pixels of the PNG for one of the SVG. */
const DENSITY = 2;

/**
 * Lines from steps of a pen (dx, dy, lifted): the way from the point before, and 1 where the pen is lifted after the point. A step that isn't finite ends
 * the drawing.
 * @param steps [n · 3]
 */
export function penLines(steps: ArrayLike<number>): PenLine[] {
  const lines: PenPoint[][] = [];
  let [x, y, down] = [0, 0, false];
  for (let at = 0; at + 2 < steps.length; at += 3) {
    x += steps[at]!;
    y += steps[at + 1]!;
    if (!Number.isFinite(x) || !Number.isFinite(y)) break;
    if (down) lines.at(-1)!.push([x, y]);
    else lines.push([[x, y]]);
    down = steps[at + 2]! < 0.5;
  }
  return lines;
}

/** Drawings side by side as one self-contained <svg>, each as large as its square allows. It takes the surrounding text's colour. */
export function strokeSheet(sections: readonly StrokeSection[], options: StrokeSheetOptions): string {
  const { width, height, headings, drawings } = layout(sections, options);
  const short = (v: number): string => String(Math.round(v * 100) / 100);
  const paths = drawings.map((lines) => {
    // A line of one point is a dot: a path that goes nowhere draws none.
    const d = lines.map(
      (line) =>
        line.map(([x, y], i) => `${i ? "L" : "M"}${short(x)} ${short(y)}`).join("") +
        (line.length === 1 ? "h0.01" : ""),
    );
    return `<path d="${d.join("")}"/>`;
  });
  const texts = headings.map(
    ({ title, y }) =>
      `<text x="4" y="${y + 19}" font-family="sans-serif" font-size="${Math.min(18, fontFor(width))}" fill="currentColor">${escapeXml(title)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"><title>${escapeXml(options.title)}</title><style>${STANDALONE}</style>`,
    ...texts,
    `<g fill="none" stroke="currentColor" stroke-width="${INK}" stroke-linecap="round" stroke-linejoin="round">`,
    ...paths,
    "</g></svg>\n",
  ].join("\n");
}

/** The same as a PNG file, dark on white; a line above each section but the first stands for its heading. */
export async function strokePng(sections: readonly StrokeSection[], options: StrokeSheetOptions): Promise<Uint8Array> {
  const { width, height, headings, drawings } = layout(sections, options);
  const ink = new Float32Array(width * height * DENSITY ** 2);
  const canvas: Canvas = { ink, width: width * DENSITY, height: height * DENSITY };
  const dense = ([x, y]: PenPoint): PenPoint => [x * DENSITY, y * DENSITY];
  for (const { y } of headings.slice(1))
    stroke(canvas, dense([4, y + HEADING / 2]), dense([width - 4, y + HEADING / 2]), DENSITY / 2, 0.35);
  for (const line of drawings.flat())
    for (const [i, point] of line.entries())
      if (i > 0 || line.length === 1)
        stroke(canvas, dense(line[Math.max(0, i - 1)]!), dense(point), (INK * DENSITY) / 2, 1);
  const pixels = Uint8Array.from(ink, (share) => Math.round(255 * (1 - share)));
  const palette = Array.from({ length: 256 }, (_, grey) => [grey, grey, grey]);
  return encodePng({ width: canvas.width, height: canvas.height, pixels, palette });
}

interface Layout {
  readonly width: number;
  readonly height: number;
  /** Where the headings' bands begin. */
  readonly headings: readonly { readonly title: string; readonly y: number }[];
  /** All drawings, in pixels of the sheet. */
  readonly drawings: readonly (readonly PenLine[])[];
}

function layout(sections: readonly StrokeSection[], { columns = 6, size = 96 }: StrokeSheetOptions): Layout {
  const headings: { title: string; y: number }[] = [];
  const drawings: PenLine[][] = [];
  let y = 0;
  for (const section of sections) {
    headings.push({ title: section.title, y });
    y += HEADING;
    section.drawings.forEach((lines, i) => {
      drawings.push(fitted(lines, { left: (i % columns) * size, top: y + Math.floor(i / columns) * size, size }));
    });
    y += Math.ceil(section.drawings.length / columns) * size;
  }
  const widest = Math.max(1, ...sections.map((section) => Math.min(columns, section.drawings.length)));
  return { width: widest * size, height: Math.max(1, y), headings, drawings };
}

/** Lines as large as a square allows, in its middle. */
function fitted(
  lines: readonly PenLine[],
  { left, top, size }: { readonly left: number; readonly top: number; readonly size: number },
): PenLine[] {
  const ends = [0, 1].map((axis) => {
    const all = lines.flatMap((line) => line.map((point) => point[axis]!));
    const [low, high] = all.reduce(([l, h], v) => [Math.min(l, v), Math.max(h, v)], [Infinity, -Infinity]);
    return { middle: (low + high) / 2, length: high - low };
  });
  const longest = Math.max(...ends.map(({ length }) => length));
  const scale = longest > 0 ? (size * (1 - 2 * MARGIN)) / longest : 1;
  const [x, y] = ends as [(typeof ends)[0], (typeof ends)[0]];
  return lines.map((line) =>
    line.map(
      (point): PenPoint => [
        left + size / 2 + (point[0] - x.middle) * scale,
        top + size / 2 + (point[1] - y.middle) * scale,
      ],
    ),
  );
}

interface Canvas {
  /** Share of each pixel that is covered. [height · width] */
  readonly ink: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Draws a line with round ends; a pixel's share falls from 1 to 0 within a pixel around the edge. */
function stroke(
  { ink, width, height }: Canvas,
  [ax, ay]: PenPoint,
  [bx, by]: PenPoint,
  radius: number,
  most: number,
): void {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const reach = radius + 1;
  const [x0, x1] = [
    Math.max(0, Math.floor(Math.min(ax, bx) - reach)),
    Math.min(width - 1, Math.ceil(Math.max(ax, bx) + reach)),
  ];
  const [y0, y1] = [
    Math.max(0, Math.floor(Math.min(ay, by) - reach)),
    Math.min(height - 1, Math.ceil(Math.max(ay, by) + reach)),
  ];
  for (let y = y0; y <= y1; y++)
    for (let x = x0; x <= x1; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const along = square === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / square));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const share = most * Math.max(0, Math.min(1, radius + 0.5 - distance));
      const at = y * width + x;
      if (share > ink[at]!) ink[at] = share;
    }
}
