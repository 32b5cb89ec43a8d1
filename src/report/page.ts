import { escapeXml } from "../plots/index.ts";
import { script, scriptHash } from "./script.ts";
import { style } from "./style.ts";

/** A part of a page: a heading and what stands under it, as HTML. */
export interface Section {
  /** The heading. */
  readonly title: string;
  /** What stands under it. */
  readonly html: string;
}

/** What a page says, from its heading to how it was made. */
export interface Page {
  /** The heading of the page. */
  readonly title: string;
  /** What was asked, in a sentence or two; empty where the heading says it. */
  readonly question: string;
  /** What the figures are and what they are not, a paragraph each. */
  readonly caveats: readonly string[];
  /** Its parts, in order. */
  readonly sections: readonly Section[];
  /** How it was made; name and value. */
  readonly made: readonly (readonly [string, string])[];
  /** What follows that, as HTML. */
  readonly after?: string;
}

/** What a page may do, as a Content-Security-Policy: nothing from elsewhere, and no script but its own, whatever names it shows. */
const policy = `default-src 'none'; script-src '${scriptHash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;

/** A page that stands alone: no files beside it, light and dark. What it says needs no script. */
export const page = ({ title, question, caveats, sections, made, after = "" }: Page): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${style}</style>
<h1>${escapeXml(title)}</h1>
${question === "" ? "" : `<p>${escapeXml(question)}</p>\n`}${noteOf(caveats)}${sections.map(({ title, html }) => `<h2>${escapeXml(title)}</h2>\n${html}`).join("\n")}
<h2>How it was made</h2>
<dl>${made.map(([term, value]) => `<dt>${escapeXml(term)}</dt><dd>${escapeXml(value)}</dd>`).join("")}</dl>
${after}
<script>${script}</script>
</html>
`;

const noteOf = (caveats: readonly string[]): string =>
  caveats.length === 0
    ? ""
    : `<div class="note">${caveats.map((text) => `<p>${escapeXml(text)}</p>`).join("")}</div>\n`;

/** Characters of a cell that stays in one line, and of names that need no wide first column. */
const [ONE_LINE, SHORT] = [16, 16];

/** Rows of cells, the first row the head, as a table that scrolls where it is too wide. Columns of words are set flush left, those of numbers right. */
export function htmlTable([head, ...rows]: readonly (readonly string[])[]): string {
  const kinds = head!.map((_, column) => {
    const cells = rows.map((cells) => cells[column]!);
    if (column === 0) return "";
    const filled = cells.filter((cell) => cell !== "");
    if (2 * filled.filter((cell) => /^\p{L}/u.test(cell)).length > filled.length) return ' class="text"';
    return cells.some(({ length }) => length > ONE_LINE) ? ' class="long"' : "";
  });
  const row = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell, column) => `<${tag}${kinds[column]}>${escapeXml(cell)}</${tag}>`).join("")}</tr>`;
  const isShort = rows.every(([first = ""]) => first.length <= SHORT);
  return `<div class="scroll"><table${isShort ? ' class="short"' : ""}><thead>${row(head!, "th")}</thead><tbody>${rows.map((cells) => row(cells, "td")).join("")}</tbody></table></div>`;
}

/** A picture and the sentence under it. */
export const figure = (picture: string, caption: string): string =>
  `<figure>${picture}<figcaption>${escapeXml(caption)}</figcaption></figure>`;
