import { escapeXml } from "./escape.ts";
import { hitsSvg, round } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { fontFor, type Size, STANDALONE, WIDTH } from "./plot.ts";
import { dataUri, encodePng, withUsedColours } from "./png.ts";
import { textWidth, wrapText } from "./text.ts";

/** Columns that stand together, with a name above them. */
export interface HeatGroup {
  /** What stands above them; empty for nothing. */
  readonly name: string;
  /** How many columns it has. */
  readonly columns: number;
}

/** Title, axes and colours of a heat map. */
export interface HeatMapOptions extends Omit<Size, "height"> {
  /** The finding, in a sentence. */
  readonly title: string;
  /** What the columns are. */
  readonly x: string;
  /** What the rows are. */
  readonly y: string;
  /** What a value is, with its unit, for the scale of colours. */
  readonly value: string;
  /** A name for each row (default: none). */
  readonly names?: readonly string[] | undefined;
  /** The columns in groups with a gap between two (default: one group without a name). */
  readonly groups?: readonly HeatGroup[] | undefined;
  /** The value of full colour; larger ones look like it (default: the largest there is). */
  readonly largest?: number | undefined;
  /** Pixels of a row (default: by the number of rows). */
  readonly row?: number | undefined;
}

/** Levels of a colour; place 0 is what isn't finite. */
const LEVELS = 127;
const [POSITIVE, NEGATIVE, MISSING] = [
  [66, 105, 208],
  [217, 119, 6],
  [136, 136, 136, 110],
];
/** Colours that let the page shine through where a value is small, so that they are legible in light and dark: 1 to 255 run from −1 over 0 to 1. */
const palette = [
  MISSING!,
  ...Array.from({ length: 2 * LEVELS + 1 }, (_, i) => [
    ...(i < LEVELS ? NEGATIVE! : POSITIVE!),
    Math.round((255 * Math.abs(i - LEVELS)) / LEVELS),
  ]),
];

/** Pixels of a gap between groups, of the scale of colours, and around everything. */
const [GAP, SCALE, EDGE] = [5, 70, 6];
/** Cells of which each shows its value under a pointer. */
const MOST_HITS = 600;

/**
 * A matrix of numbers as a picture: 0 is transparent, blue is positive and orange negative, the fuller the larger; grey is what isn't finite.
 * @param values one row of numbers after another, all of one length
 */
export async function heatMap(values: readonly ArrayLike<number>[], options: HeatMapOptions): Promise<string> {
  const { title, x, y, value, names = [], width = WIDTH } = options;
  const font = fontFor(width);
  const columns = values[0]?.length ?? 0;
  const groups = options.groups ?? [{ name: "", columns }];
  const all = values.flatMap((row) => Array.from(row)).filter(Number.isFinite);
  const largest = options.largest ?? (all.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1);
  const isSigned = all.some((v) => v < 0);
  const shownNames = names.map((name) => cut(name, 0.3 * width, font));
  const left = Math.ceil(EDGE + Math.max(0, ...shownNames.map((name) => textWidth(name, font) + 6)));
  const cell = (width - left - EDGE - GAP * (groups.length - 1)) / Math.max(1, columns);
  const row =
    options.row ?? Math.max(names.length > 0 ? 1.25 * font : 3, Math.min(1.6 * font, 260 / (values.length || 1)));
  const heading = headingOf(title, y, { value, largest, isSigned, width, font });
  const named = groups.some(({ name }) => name !== "");
  const top = heading.height + (named ? 1.3 * font : 0) + 4;
  const bottom = top + row * values.length;
  const starts = groups.map((_, i) => groups.slice(0, i).reduce((total, group) => total + group.columns, 0));
  const at = (i: number): number => left + starts[i]! * cell + i * GAP;
  const parts = await Promise.all(
    groups.map(async ({ columns: wide }, i) => {
      const cut = values.map((own) => Array.from({ length: wide }, (_, j) => own[starts[i]! + j]! / largest));
      return imageSvg(cut, { x: at(i), y: top, width: wide * cell, height: row * values.length });
    }),
  );
  const labels = [
    ...shownNames.map((name, i) => text(left - 5, top + row * (i + 0.5) + 0.35 * font, name, "end")),
    ...groupLabels(groups, at, cell, { y: top - 0.4 * font, font }),
    ...wrapText(`${x}\u00a0→`, width - 2 * EDGE, font).map((line, i) =>
      text((left + width - EDGE) / 2, bottom + font * (1.25 + 1.2 * i), line, "middle"),
    ),
  ];
  const below = wrapText(`${x}\u00a0→`, width - 2 * EDGE, font).length;
  const height = Math.ceil(bottom + font * (0.6 + 1.2 * below) + EDGE);
  const hits = columns * values.length > MOST_HITS ? "" : hitsOf(values, { names, groups, starts, at, cell, row, top });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="${font}" fill="currentColor" role="img"><title>${escapeXml(title)}</title><style>${STANDALONE}</style>${heading.svg}${parts.join("")}<g aria-label="label">${labels.join("")}</g>${hits}</svg>`;
}

const text = (x: number, y: number, said: string, anchor: "start" | "middle" | "end"): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeXml(said)}</text>`;

/** A name in the room that there is. */
function cut(name: string, room: number, font: number): string {
  if (textWidth(name, font) <= room) return name;
  let kept = name;
  while (kept.length > 1 && textWidth(`${kept}…`, font) > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

/** The title, what the rows are, and the scale of colours. */
function headingOf(
  title: string,
  y: string,
  {
    value,
    largest,
    isSigned,
    width,
    font,
  }: {
    readonly value: string;
    readonly largest: number;
    readonly isSigned: boolean;
    readonly width: number;
    readonly font: number;
  },
): { readonly height: number; readonly svg: string } {
  const size = font + 1;
  const lines = wrapText(title, width - 2 * EDGE, size * 1.1);
  const heads = lines.map(
    (line, i) => `<text x="${EDGE}" y="${round(size + 2 + i * 1.3 * size)}">${escapeXml(line)}</text>`,
  );
  const above = lines.length * 1.3 * size + 4;
  const [from, to] = [isSigned ? numberText(-largest, 3) : "0", numberText(largest, 3)];
  const baseline = above + 1.1 * font;
  const start = EDGE + textWidth(from, font) + 4;
  const steps = Array.from({ length: 12 }, (_, i) => (isSigned ? i / 5.5 - 1 : i / 11));
  const strip = steps.map(
    (share, i) =>
      `<rect x="${round(start + (i * SCALE) / 12)}" y="${round(baseline - 0.8 * font)}" width="${round(SCALE / 12)}" height="${font}" fill="${hex(share < 0 ? NEGATIVE! : POSITIVE!)}" fill-opacity="${round(Math.abs(share))}"/>`,
  );
  const said = wrapText(`${to} ${value}`, width - start - SCALE - 4 - EDGE, font);
  const rows = wrapText(`↓ ${y}`, width - 2 * EDGE, font);
  const legend = [
    text(EDGE, baseline, from, "start"),
    ...said.map((line, i) => text(start + SCALE + 4, baseline + i * 1.2 * font, line, "start")),
    ...rows.map((line, i) => text(EDGE, baseline + (said.length + i + 0.25) * 1.2 * font, line, "start")),
  ];
  return {
    height: baseline + (said.length - 1 + rows.length + 0.25) * 1.2 * font + 0.4 * font,
    svg: `<g aria-label="title" text-anchor="start" font-size="${size}" font-weight="600">${heads.join("")}</g>${strip.join("")}<g aria-label="axis">${legend.join("")}</g>`,
  };
}

const hex = (colour: readonly number[]): string =>
  `#${colour
    .slice(0, 3)
    .map((level) => level.toString(16).padStart(2, "0"))
    .join("")}`;

/** The names of groups above their columns, as many as have room. */
function groupLabels(
  groups: readonly HeatGroup[],
  at: (i: number) => number,
  cell: number,
  { y, font }: { readonly y: number; readonly font: number },
): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return groups.flatMap(({ name, columns }, i) => {
    const half = 0.5 * textWidth(name, font);
    const middle = at(i) + (columns * cell) / 2;
    if (name === "" || middle - half < free) return [];
    free = middle + half + 0.3 * font;
    return [text(middle, y, name, "middle")];
  });
}

/** Shares from −1 to 1 as an image, a pixel each, with a thin line around it. */
async function imageSvg(
  rows: readonly (readonly number[])[],
  { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Promise<string> {
  const size = { width: rows[0]?.length ?? 0, height: rows.length };
  if (size.width === 0 || size.height === 0) return "";
  const level = (share: number): number =>
    Number.isFinite(share) ? 1 + LEVELS + Math.round(LEVELS * Math.max(-1, Math.min(1, share))) : 0;
  const pixels = Uint8Array.from(rows.flatMap((row) => row.map(level)));
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  const png = await encodePng({ ...size, ...withUsedColours({ pixels, palette }) });
  return `<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${dataUri(png)}"/><rect ${place} fill="none" stroke="currentColor" stroke-opacity="0.4"/>`;
}

/** What a pointer shows of each cell. */
function hitsOf(
  values: readonly ArrayLike<number>[],
  {
    names,
    groups,
    starts,
    at,
    cell,
    row,
    top,
  }: {
    readonly names: readonly string[];
    readonly groups: readonly HeatGroup[];
    readonly starts: readonly number[];
    readonly at: (i: number) => number;
    readonly cell: number;
    readonly row: number;
    readonly top: number;
  },
): string {
  return hitsSvg(
    groups.flatMap((group, i) =>
      Array.from({ length: group.columns }, (_, j) => j).flatMap((j) =>
        values.map((own, r) => {
          const column = starts[i]! + j;
          return {
            ...{ x: at(i) + (j + 0.5) * cell, y: top + (r + 0.5) * row, colour: hex(POSITIVE!) },
            text: [
              names[r] ?? `row ${r + 1}`,
              ...(group.name === "" ? [] : [group.name]),
              `column ${column + 1}: ${numberText(own[column]!)}`,
            ].join(", "),
          };
        }),
      ),
    ),
  );
}
