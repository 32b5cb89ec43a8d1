// A part of a report as one SVG, for a page in Markdown: its chart as it is; images with what is said of each; or a table.
import { parseHTML } from "linkedom";
import { escapeXml } from "../src/plots/index.ts";
import { fontFor, STANDALONE, WIDTH } from "../src/plots/plot.ts";
import { textWidth, wrapText } from "../src/plots/text.ts";

const font = fontFor(WIDTH);
const EDGE = 6;
const round = (value: number): number => Math.round(value * 10) / 10;

/** The first chart of a section; where it has none its images, or its table, under the sentence that it begins with. */
export function pictureOf(html: string, title: string): string {
  const { document } = parseHTML(`<html><body>${html}</body></html>`);
  const chart = /<svg [\s\S]*?<\/svg>/.exec(html)?.[0];
  if (chart) return chart;
  const said = document.querySelector("body > p:not(.quiet)")?.textContent ?? title;
  // Maps of one layer stand beside the images that they are of; the layers after it are omitted.
  const images = [...(document.querySelector(".maps") ?? document).querySelectorAll("img")];
  return images.length > 0 ? sheet(images, said) : table(document.querySelector("table")!, said);
}

/** A drawing under a title, as the charts have it. */
function framed(title: string, height: number, inside: (top: number) => string): string {
  const lines = wrapText(title, WIDTH - 2 * EDGE, (font + 1) * 1.1);
  const top = lines.length * 1.3 * (font + 1) + 10;
  const heads = lines.map((line, i) => text(EDGE, font + 3 + i * 1.3 * (font + 1), line, ` font-size="${font + 1}" font-weight="600"`)); // biome-ignore format: one line
  const all = Math.ceil(top + height + EDGE);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${all}" viewBox="0 0 ${WIDTH} ${all}" font-family="sans-serif" font-size="${font}" text-anchor="start" fill="currentColor" role="img"><title>${escapeXml(title)}</title><style>${STANDALONE}</style><g aria-label="title">${heads.join("")}</g>${inside(top)}</svg>`;
}

const text = (x: number, y: number, said: string, more = ""): string =>
  `<text x="${round(x)}" y="${round(y)}"${more}>${escapeXml(said)}</text>`;

/** Images with their captions in rows; those without captions beside each other, as wide as there is room for. */
function sheet(images: readonly Element[], title: string): string {
  const size = (image: Element, name: "width" | "height"): number => Number(image.getAttribute(name));
  const captions = images.map((image) => image.closest("figure")?.querySelector("figcaption")?.textContent ?? "");
  const isSheet = images.length > 1 && new Set(captions).size > 1;
  const shares = images.map((image) => Number(/flex:\s*(\d+)/.exec(image.parentElement!.getAttribute("style") ?? "")?.[1] ?? 1)); // biome-ignore format: one line
  const room = WIDTH - 2 * EDGE - 4 * (images.length - 1);
  const [of, wide] = [shares.reduce((sum, share) => sum + share, 0), Math.max(...captions.map((said) => textWidth(said, font)))]; // biome-ignore format: one line
  let [x, y, tallest] = [EDGE, 0, 0];
  const placed = images.map((image, i) => {
    const width = isSheet ? wide : (room * shares[i]!) / of;
    const height = (width * size(image, "height")) / size(image, "width");
    if (x + width > WIDTH - EDGE + 0.1) [x, y, tallest] = [EDGE, y + tallest + 8, 0];
    const place = { x, y, width, height, href: image.getAttribute("src")!, caption: isSheet ? captions[i]! : "" };
    x += width + (isSheet ? 12 : 4);
    tallest = Math.max(tallest, height + (isSheet ? 1.4 * font : 0));
    return place;
  });
  return framed(title, y + tallest, (top) =>
    placed
      .map(
        ({ x, y, width, height, href, caption }) =>
          `<image x="${round(x)}" y="${round(top + y)}" width="${round(width)}" height="${round(height)}" style="image-rendering:pixelated" href="${href}"/>${caption === "" ? "" : text(x + width / 2, top + y + height + 1.1 * font, caption, ' text-anchor="middle"')}`,
      )
      .join(""),
  );
}

/** A table, with as many columns as have room; the first is flush left. */
function table(element: Element, title: string): string {
  const rows = [...element.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("th, td")]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => textWidth(row[column]!.textContent!, font))) + 6); // biome-ignore format: one line
  const starts = widths.map((_, column) => EDGE + widths.slice(0, column).reduce((sum, width) => sum + width, 0));
  const columns = widths.filter((width, column) => starts[column]! + width <= WIDTH - EDGE).length;
  const step = 1.5 * font;
  return framed(title, rows.length * step, (top) =>
    rows
      .flatMap((row, i) =>
        row.slice(0, columns).map((cell, column) => {
          const [x, y, width] = [starts[column]!, top + i * step, widths[column]!];
          const shade = /#d97706 (\d+)%/.exec(cell.getAttribute("style") ?? "")?.[1];
          const isHead = cell.tagName.toLowerCase() === "th" || cell.querySelector("b") !== null;
          const back = shade ? `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(step)}" fill="#d97706" fill-opacity="${Number(shade) / 100}"/>` : ""; // biome-ignore format: one line
          const [at, anchor] = column === 0 ? [x, "start"] : [x + width - 3, "end"];
          return `${back}${text(at as number, y + 1.1 * font, cell.textContent!, ` text-anchor="${anchor}"${isHead ? ' font-weight="600"' : ""}`)}`;
        }),
      )
      .join(""),
  );
}
