import * as Plot from "@observablehq/plot";
import { escapeXml } from "./escape.ts";

/** The colours of series in order, told apart in print, on white and on black. */
export const palette = [
  "#4269d0",
  "#e08a00",
  "#e5484d",
  "#2a9d8f",
  "#3ca951",
  "#d46bb0",
  "#9c6b4e",
  "#8f7ee7",
  "#7a8a99",
  "#a0a800",
] as const;

export const colourOf = (i: number): string => palette[i % palette.length]!;

export interface Size {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** The browser's document; elsewhere one by linkedom, which only knows what drawing needs. */
async function page(): Promise<Document> {
  if (typeof document !== "undefined") return document;
  const { parseHTML } = await import("linkedom");
  return parseHTML("<html></html>").document as Document;
}

/**
 * A plot as one self-contained <svg>. Lines and text take the surrounding text's colour, so it is legible in light and dark.
 * `title` is what a screen reader says and what a pointer shows.
 */
export async function draw(title: string, options: Plot.PlotOptions): Promise<string> {
  return serialize(title, Plot.plot({ ...options, document: await page(), style: { fontFamily: "sans-serif" } }));
}

function serialize(title: string, node: SVGElement | HTMLElement): string {
  const short = (number: string) => String(Math.round(Number(number) * 100) / 100);
  // Coordinates only: text between the tags is for people, and 0.005 is not 0.
  const rounded = node.outerHTML.replace(/<[^>]*>/g, (tag) => tag.replace(/-?\d+\.\d{3,}/g, short));
  const start = rounded.indexOf(">");
  const attributes = rounded.slice(0, start).replace(/ xmlns="[^"]*"/, "");
  return `${attributes} xmlns="http://www.w3.org/2000/svg" role="img"><title>${escapeXml(title)}</title>${rounded.slice(start + 1)}`;
}
