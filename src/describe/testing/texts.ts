import { expect } from "vitest";

/** What a drawing says, and where. */
export interface DrawnText {
  /** With its letters below and above the line. */
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly bold: boolean;
}

const LETTER = 0.6;
const decoded = (text: string): string =>
  text
    .replaceAll("\u200c", "")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
const lettersOf = (text: string): number => Array.from(text.replace(/\p{M}/gu, "")).length;

/** The texts of an SVG, each with about the room that it takes. */
export function textsOf(svg: string): DrawnText[] {
  const pattern = /<text x="([-\d.]+)" y="([-\d.]+)" font-size="([\d.]+)" text-anchor="(\w+)"([^>]*)>(.*?)<\/text>/gs;
  return [...svg.matchAll(pattern)].map(([, x, y, size, anchor, rest, inside]) => {
    const runs = [...inside!.matchAll(/<tspan dy="[-\d.]+"(?: font-size="([\d.]+)")?>([^<]*)<\/tspan>|([^<]+)/g)];
    const width = runs.reduce(
      (sum, [, small, span, plain]) => sum + LETTER * Number(small ?? size) * lettersOf(decoded(span ?? plain!)),
      0,
    );
    const left = Number(x) - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
    const text = decoded(inside!.replace(/<[^>]*>/g, ""));
    const [top, bottom] = [Number(y) - 0.75 * Number(size), Number(y)];
    return { text, left, right: left + width, top, bottom, bold: rest!.includes("bold") };
  });
}

/** Texts that reach out of the drawing, and pairs that lie on each other: none in a drawing that can be read. */
export function unreadable(svg: string): string[] {
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.map(Number) as [number, number, number];
  const texts = textsOf(svg);
  const outside = texts.filter(
    ({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height,
  );
  const over = texts.flatMap((a, i) =>
    texts
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} over ${b.text}`),
  );
  return [...outside.map(({ text }) => `${text} reaches out`), ...over];
}

/** Fails unless a drawing says each text, in one line or in several that follow each other. */
export function expectSaid(svg: string, texts: readonly string[]): void {
  const plain = (text: string): string => ` ${text.trim().replace(/\s+/g, " ")} `;
  const said = plain(
    textsOf(svg)
      .map(({ text }) => text)
      .join(" "),
  );
  for (const text of texts) expect(said).toContain(plain(text));
}
