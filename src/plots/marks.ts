import { escapeXml } from "./escape.ts";
import { numberText } from "./numbers.ts";

/** A text in pixels. */
export interface Label {
  /** A line of text each. */
  readonly lines: readonly string[];
  readonly x: number;
  /** The middle of its height. */
  readonly y: number;
  readonly colour: string;
  readonly anchor?: "start" | "end" | "middle" | undefined;
  /** What it belongs to, which a page can hide. */
  readonly series?: string | undefined;
}

/** From one line of text to the next, in sizes of the text. */
export const LINE = 1.18;

export const round = (value: number): number => Math.round(value * 10) / 10;
/** A series' name as an attribute of all that is drawn of it, without characters that an attribute would have to escape. */
export const seriesName = (name: string): string => name.replace(/[<>&"']/g, " ").trim();
export const described = (series: string | undefined): string =>
  series === undefined ? "" : ` aria-description="${seriesName(series)}"`;

/** Labels in the colours of what they name. */
export const labelsSvg = (labels: readonly Label[], font: number): string =>
  `<g aria-label="label" font-size="${font}">${labels
    .flatMap(({ lines, x, y, colour, anchor = "start", series }) =>
      lines.map(
        (line, i) =>
          `<text x="${round(x)}" y="${round(y + font * (0.35 + LINE * (i - (lines.length - 1) / 2)))}" text-anchor="${anchor}" fill="${colour}"${described(series)}>${escapeXml(line)}</text>`,
      ),
    )
    .join("")}</g>`;

/** A point whose values a pointer shows. */
export interface Hit {
  readonly x: number;
  readonly y: number;
  readonly colour: string;
  readonly text: string;
  readonly series?: string | undefined;
}

/** What is under a pointer: invisible circles with their values, in pixels. */
export const hitsSvg = (hits: readonly Hit[]): string =>
  `<g aria-label="values" fill="none" pointer-events="all">${hits
    .map(
      ({ x, y, colour, text, series }) =>
        `<circle class="hit" cx="${round(x)}" cy="${round(y)}" r="7" color="${colour}"${described(series)}><title>${escapeXml(text)}</title></circle>`,
    )
    .join("")}</g>`;

/** "name: 2.31 (2.1 to 2.5)" */
export const valueText = (name: string, value: number, low = Number.NaN, high = Number.NaN): string =>
  `${name}: ${numberText(value)}${Number.isFinite(low) && Number.isFinite(high) && low < high ? ` (${numberText(low)} to ${numberText(high)})` : ""}`;
