import { parseHTML } from "linkedom";
import { textWidth } from "./text.ts";

/** A text of a chart, and the room that it takes, in pixels of the chart. */
export interface ChartText {
  readonly text: string;
  readonly size: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** An attribute of an element, or of the nearest one around it that has it. */
function inherited(element: Element | null, name: string): string | undefined {
  for (let at = element; at; at = at.parentElement) {
    const own =
      at.getAttribute(name) ?? new RegExp(`(?:^|;)\\s*${name}:\\s*([^;]+)`).exec(at.getAttribute("style") ?? "")?.[1];
    if (own !== undefined && own !== null) return own;
  }
  return undefined;
}

/** How far an element is moved by its own transform and those around it. */
function moved(element: Element): [number, number] {
  let [x, y] = [0, 0];
  for (let at: Element | null = element; at; at = at.parentElement) {
    const found = /translate\(([-\d.]+),([-\d.]+)\)/.exec(at.getAttribute("transform") ?? "");
    if (found) [x, y] = [x + Number(found[1]), y + Number(found[2])];
  }
  return [x, y];
}

const svgOf = (svg: string): Element => parseHTML(`<html><body>${svg}</body></html>`).document.querySelector("svg")!;

/** All texts of a chart, each line on its own. */
export function textsOf(svg: string): ChartText[] {
  return [...svgOf(svg).querySelectorAll("text")].flatMap((element) => {
    const size = Number.parseFloat(inherited(element, "font-size")!);
    const anchor = inherited(element, "text-anchor") ?? "middle";
    const [x, y] = moved(element);
    const dy = element.getAttribute("dy") ?? element.getAttribute("y") ?? "0";
    const base = y + Number.parseFloat(dy) * (dy.endsWith("em") ? size : 1);
    const spans = [...element.querySelectorAll("tspan")];
    const lines = spans.length > 0 ? spans : [element];
    return lines.map((line, i) => {
      const text = line.textContent ?? "";
      const width = textWidth(text, size) * 0.9;
      const at = x + Number.parseFloat(element.getAttribute("x") ?? "0");
      const left = at - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
      const bottom = base + i * size * 1.05;
      return { text, size, left, right: left + width, top: bottom - 0.75 * size, bottom };
    });
  });
}

/** What breaks the standard for texts: too small at 400 pixels, outside of the picture, or over another text. */
export function faultsOf(svg: string): string[] {
  const [left, top, width, height] = /viewBox="([^"]+)"/.exec(svg)![1]!.split(" ").map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const texts = textsOf(svg);
  const meets = (a: ChartText, b: ChartText): boolean =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return [
    ...texts.filter(({ size }) => (size * 400) / width < 11).map(({ text }) => `${text} is too small`),
    ...texts
      .filter((t) => t.left < left - 1 || t.right > left + width + 1 || t.top < top - 1 || t.bottom > top + height + 1)
      .map(({ text }) => `${text} reaches out`),
    ...texts.flatMap((a, i) =>
      texts
        .slice(i + 1)
        .filter((b) => meets(a, b))
        .map((b) => `${a.text} over ${b.text}`),
    ),
  ];
}

/** The colours of a chart's shapes and texts, without that of the text around it and grey. */
export const coloursOf = (svg: string): Set<string> =>
  new Set(
    [...svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]{6})"/g)].map(([, colour]) => colour!).filter((c) => c !== "#888888"),
  );
