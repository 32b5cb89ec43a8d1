import { escapeXml } from "./escape.ts";
import { round } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { colourOf, STANDALONE } from "./plot.ts";
import { wrapText } from "./text.ts";

/** A column of numbers, NaN where one is missing. */
export interface MatrixColumn {
  /** What stands on the diagonal. */
  readonly name: string;
  /** A number for each row. */
  readonly values: ArrayLike<number>;
}

/** Title and classes of a matrix of scatter plots. */
export interface ScatterMatrixOptions {
  /** The finding, in a sentence. */
  readonly title: string;
  /** The colour of each row's points, as a place in the palette (default: all the first). */
  readonly classes?: ArrayLike<number> | undefined;
}

/** Pixels of a panel, between panels, and of text. */
const [PANEL, GAP, FONT] = [118, 6, 13];

/**
 * Every column against every other one: what is below the diagonal, since above it would be the same again. Names and ranges stand on the
 * diagonal. It is as wide as its panels need: a page lets it scroll.
 */
export function scatterMatrix(columns: readonly MatrixColumn[], { title, classes }: ScatterMatrixOptions): string {
  const step = PANEL + GAP;
  const size = columns.length * step - GAP + 2;
  const scaled = columns.map(({ values }) => scaledTo(values, 5, PANEL - 5));
  const parts = columns.flatMap(({ name, values }, row) =>
    columns.slice(0, row + 1).map((_, column) => {
      const inside = row === column ? diagonal(name, values) : points(scaled[column]!, scaled[row]!, classes);
      return `<g transform="translate(${1 + column * step},${1 + row * step})"><rect width="${PANEL}" height="${PANEL}" fill="currentColor" fill-opacity="${row === column ? 0 : 0.04}" stroke="currentColor" stroke-opacity="0.25"/>${inside}</g>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}" role="img" style="max-width:none"><title>${escapeXml(title)}</title><style>${STANDALONE}</style><g font-family="sans-serif" font-size="${FONT}" fill="currentColor">${parts.join("")}</g></svg>`;
}

function scaledTo(values: ArrayLike<number>, from: number, to: number): number[] {
  const all = Array.from(values);
  const [low, high] = all.reduce(
    ([low, high], value) => (Number.isFinite(value) ? [Math.min(low, value), Math.max(high, value)] : [low, high]),
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return all.map((value) => (high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2));
}

function diagonal(name: string, values: ArrayLike<number>): string {
  const lines = wrapText(name.length > 40 ? `${name.slice(0, 39)}…` : name, PANEL - 8, FONT);
  const known = Array.from(values).filter(Number.isFinite);
  const range =
    known.length === 0 ? "" : `${numberText(Math.min(...known), 3)} to ${numberText(Math.max(...known), 3)}`;
  const text = (said: string, y: number, more: string): string =>
    `<text x="${PANEL / 2}" y="${round(y)}" text-anchor="middle"${more}>${escapeXml(said)}</text>`;
  const top = PANEL / 2 - ((lines.length - 1) * FONT * 1.2) / 2 - 4;
  return [
    ...lines.map((line, i) => text(line, top + i * FONT * 1.2, ' font-weight="600"')),
    text(range, top + lines.length * FONT * 1.2 + 4, ' fill-opacity="0.7"'),
  ].join("");
}

/** Points of each colour as one path of dots. */
function points(x: readonly number[], y: readonly number[], classes?: ArrayLike<number>): string {
  const paths = new Map<string, string[]>();
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]) || Number.isNaN(y[i])) continue;
    const colour = colourOf(classes ? classes[i]! : 0);
    const of = paths.get(colour) ?? [];
    of.push(`M${round(x[i]!)},${round(PANEL - y[i]!)}h0`);
    paths.set(colour, of);
  }
  return [...paths]
    .map(
      ([colour, of]) =>
        `<path d="${of.join("")}" stroke="${colour}" stroke-width="3.4" stroke-linecap="round" stroke-opacity="0.6" fill="none"/>`,
    )
    .join("");
}
