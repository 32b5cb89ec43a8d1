import { escapeXml } from "./escape.ts";
import { grayPng, type ImageSize } from "./image-grid.ts";
import { fontFor, GREY, STANDALONE, WIDTH } from "./plot.ts";
import { dataUri } from "./png.ts";
import { textWidth, wrapText } from "./text.ts";

/** Images beside each other under one name, each [height · width], or [height · width · 3] in colours, with values from 0 (black) to 1 (white). */
export interface SheetRow {
  /** What stands beside the images. */
  readonly name: string;
  /** Said of them in grey, such as their number. */
  readonly note?: string | undefined;
  /** Stands first, apart from the others. */
  readonly mean: ArrayLike<number>;
  /** The images, as large as the mean. */
  readonly images: readonly ArrayLike<number>[];
}

/** Pixels between the mean and the other images, and around everything. */
const [APART, EDGE] = [10, 6];

/** A row of images for each name as one self-contained <svg>. */
export async function contactSheetSvg(rows: readonly SheetRow[], size: ImageSize, title: string): Promise<string> {
  const font = fontFor(WIDTH);
  const texts = rows.map(({ name, note }) => [name, ...(note ? [note] : [])]);
  const left = Math.min(0.35 * WIDTH, Math.max(...texts.flat().map((text) => textWidth(text, font)))) + EDGE + 6;
  const most = 1 + Math.max(...rows.map(({ images }) => images.length));
  const cell = (WIDTH - left - APART - EDGE) / most;
  const heading = wrapText(title, WIDTH - 12, font * 1.2);
  const top = 22 * heading.length + font + 12;
  const step = Math.max((cell * size.height) / size.width, 2.2 * font) + 4;
  const text = (x: number, y: number, said: string, more = ""): string =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${escapeXml(said)}</text>`;
  const image = async (of: readonly ArrayLike<number>[], x: number, y: number): Promise<string> => {
    const width = cell * of.length - 3;
    const { png, total } = await grayPng(of, { ...size, columns: of.length });
    const height = (width * total.height) / total.width;
    return `<image x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" style="image-rendering:pixelated" href="${dataUri(png)}"/>`;
  };
  const drawn = await Promise.all(
    rows.map(async ({ mean, images }, i) => {
      const y = top + i * step;
      const parts = [
        await image([mean], left, y),
        ...(images.length > 0 ? [await image(images, left + cell + APART, y)] : []),
      ];
      const [name, note] = texts[i]!;
      return [
        text(EDGE, y + font + 2, name!, ' font-weight="600"'),
        ...(note ? [text(EDGE, y + 2.1 * font + 2, note, ` fill="${GREY}"`)] : []),
        ...parts,
      ].join("");
    }),
  );
  const height = Math.ceil(top + rows.length * step + EDGE);
  const heads = heading.map((line, i) => text(EDGE, 20 + 22 * i, line, ` font-size="${font + 1}" font-weight="600"`));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img"><title>${escapeXml(title)}</title><style>${STANDALONE}</style>`,
    `<g font-family="sans-serif" font-size="${font}" text-anchor="start" fill="currentColor">${heads.join("")}${text(left, top - 5, "mean")}${text(left + cell + APART, top - 5, "examples")}</g>`,
    `<g font-family="sans-serif" font-size="${font}" text-anchor="start" fill="currentColor">${drawn.join("\n")}</g></svg>\n`,
  ].join("\n");
}

/** The same as a PNG file, three pixels a pixel: a row for each name, its mean first. */
export async function contactSheetPng(rows: readonly SheetRow[], size: ImageSize): Promise<Uint8Array> {
  const most = 1 + Math.max(...rows.map(({ images }) => images.length));
  const { channels = 1 } = size;
  const none = new Float32Array(size.width * size.height * channels).fill(Number.NaN);
  const all = rows.flatMap(({ mean, images }) => [
    mean,
    ...Array.from({ length: most - 1 }, (_, i) => images[i] ?? none),
  ]);
  const scale = Math.max(1, Math.round(84 / size.width));
  const larger = all.map((image) =>
    Float32Array.from({ length: size.width * size.height * channels * scale ** 2 }, (_, i) => {
      const pixel = Math.floor(i / channels);
      const [y, x] = [Math.floor(pixel / (size.width * scale)), pixel % (size.width * scale)];
      return image[(Math.floor(y / scale) * size.width + Math.floor(x / scale)) * channels + (i % channels)]!;
    }),
  );
  const { png } = await grayPng(larger, {
    ...{ width: size.width * scale, height: size.height * scale, channels, columns: most },
  });
  return png;
}
