import * as Plot from "@observablehq/plot";
import { escapeXml } from "./escape.ts";
import { wrapText } from "./text.ts";

/** The colours of series in order: distinguishable without red or green vision, and legible on white and on black. */
export const palette = [
  "#4269d0",
  "#d97706",
  "#44a38a",
  "#c33b5c",
  "#9a5cf5",
  "#a49159",
  "#7696bd",
  "#9f5087",
] as const;

/** What isn't one of the few that matter. */
export const GREY = "#888888";

/** Series beyond the palette are grey: nobody can distinguish more colours. */
export const colourOf = (i: number): string => palette[i] ?? GREY;

export interface Size {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** Width of a chart in pixels (default). */
export const WIDTH = 440;
/** Width of a picture on the narrowest phone that is thought of, and the least size of text there, in pixels. */
const PHONE = 358;
const LEAST = 11;

/** The size of text in a picture of a width, so that it can be read on a phone. */
export const fontFor = (width: number): number => Math.max(13, Math.ceil((width * LEAST) / PHONE));

/** The browser's document; elsewhere one by linkedom, which only knows what drawing needs. */
async function page(): Promise<Document> {
  if (typeof document !== "undefined") return document;
  const { parseHTML } = await import("linkedom");
  return parseHTML("<html></html>").document as Document;
}

/** A plot's scales, once it is drawn. */
export type Scales = Readonly<Record<"x" | "y", Plot.Scale>>;

export interface Drawing extends Plot.PlotOptions {
  /** Shapes in pixels over the marks, as SVG. */
  readonly overlay?: ((scales: Scales) => string) | undefined;
}

/** Colours where the drawing is a file of its own; in a page they are the page's. */
export const STANDALONE =
  "svg:root{color:#1b1b1b;background:#fff}@media (prefers-color-scheme:dark){svg:root{color:#e4e4e4;background:#161719}}";

/**
 * A plot as one self-contained <svg> with its title above. Lines and text take the surrounding text's colour, so it is legible
 * in light and dark.
 * @param title what it shows: the finding, in a sentence
 */
export async function draw(title: string, { overlay, ...options }: Drawing): Promise<string> {
  const width = options.width ?? WIDTH;
  const font = fontFor(width);
  const style = { fontFamily: "sans-serif", fontSize: `${font}px` };
  const node = Plot.plot({ ...options, width, document: await page(), style });
  const above = overlay?.({ x: node.scale("x")!, y: node.scale("y")! }) ?? "";
  return serialize(title, node.outerHTML, above, font);
}

const short = (number: string): string => String(Math.round(Number(number) * 100) / 100);

function serialize(title: string, drawn: string, above: string, font: number): string {
  // Coordinates only: text between the tags is for people, and 0.005 is not 0.
  const rounded = drawn.replace(/<[^>]*>/g, (tag) => tag.replace(/-?\d+\.\d{3,}/g, short));
  const start = rounded.indexOf(">");
  const attribute = (name: string): number => Number(new RegExp(` ${name}="([\\d.]+)"`).exec(rounded)![1]);
  const [width, height] = [attribute("width"), attribute("height")];
  const heading = headingOf(title, width, font);
  const attributes = rounded
    .slice(0, start)
    .replace(/ xmlns="[^"]*"/, "")
    .replace(/ height="[^"]*"/, ` height="${height + heading.height}"`)
    .replace(/ viewBox="[^"]*"/, ` viewBox="0 ${-heading.height} ${width} ${height + heading.height}"`);
  const inside = rounded.slice(start + 1).replace(/<\/svg>$/, "");
  return `${attributes} xmlns="http://www.w3.org/2000/svg" role="img"><title>${escapeXml(title)}</title><style>${STANDALONE}</style>${heading.svg}${inside}${above}</svg>`;
}

/** The title in as many lines as it needs, above y = 0. */
function headingOf(title: string, width: number, font: number): { height: number; svg: string } {
  const size = font + 1;
  const lines = wrapText(title, width - 12, size * 1.1);
  const step = Math.round(size * 1.3);
  const height = lines.length * step + 6;
  const texts = lines.map((line, i) => `<text x="6" y="${i * step + size + 2 - height}">${escapeXml(line)}</text>`);
  return {
    height,
    svg: `<g aria-label="title" text-anchor="start" font-size="${size}" font-weight="600" fill="currentColor">${texts.join("")}</g>`,
  };
}
