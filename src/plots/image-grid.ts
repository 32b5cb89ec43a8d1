import { escapeXml } from "./escape.ts";
import { dataUri, encodePng, withUsedColours } from "./png.ts";

/** Size of one image in pixels. */
export interface ImageSize {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
}

interface Grid extends ImageSize {
  /** Images a row. */
  readonly columns: number;
}

/** Title, scale and colours of a grid of images. */
export interface ImageGridOptions extends Grid {
  /** The finding, in a sentence. */
  readonly title: string;
  /** Screen pixels a pixel (default: 2). */
  readonly scale?: number | undefined;
  /**
   * "diverging": 0 is white, red above and blue below, each image scaled by its own largest |value|.
   * "gray": 0 is black and 1 is white.
   */
  readonly colours?: "diverging" | "gray" | undefined;
}

const TRANSPARENT = 0;
const LEVELS = 127;
const RED = [178, 24, 43];
const BLUE = [33, 102, 172];
const blend = (to: readonly number[], t: number): number[] => to.map((c) => Math.round(255 + (c - 255) * t));

/** Place 0 is transparent; 1..255 run from −1 (blue) over 0 (white, place 128) to 1 (red). */
const diverging = [
  [0, 0, 0, 0],
  ...Array.from({ length: 2 * LEVELS + 1 }, (_, i) => blend(i < LEVELS ? BLUE : RED, Math.abs(i - LEVELS) / LEVELS)),
];
const gray = [[0, 0, 0, 0], ...Array.from({ length: 255 }, (_, i) => [i + 1, i + 1, i + 1])];

/**
 * Many small images beside each other as one <img>, each value one pixel: what a unit looks for in its input.
 * @param images each [height · width], row by row; a value that is not finite is transparent
 */
export async function imageGrid(images: readonly ArrayLike<number>[], options: ImageGridOptions): Promise<string> {
  const { title, scale = 2, colours = "diverging" } = options;
  const { png, total } = await gridPng(images, options, colours);
  return `<img alt="${escapeXml(title)}" title="${escapeXml(title)}" width="${total.width * scale}" height="${total.height * scale}" style="image-rendering: pixelated" src="${dataUri(png)}">`;
}

/** Images beside each other as a PNG file, 0 black and 1 white, with its size in pixels. */
export const grayPng = (images: readonly ArrayLike<number>[], grid: Grid) => gridPng(images, grid, "gray");

async function gridPng(
  images: readonly ArrayLike<number>[],
  grid: Grid,
  colours: "diverging" | "gray",
): Promise<{ readonly png: Uint8Array; readonly total: ImageSize }> {
  const { width, height } = grid;
  const columns = Math.max(1, Math.min(grid.columns, images.length));
  const rows = Math.max(1, Math.ceil(images.length / columns));
  const total = { width: columns * (width + 1) - 1, height: rows * (height + 1) - 1 };
  const pixels = new Uint8Array(total.width * total.height).fill(TRANSPARENT);
  images.forEach((image, i) => {
    const values = Array.from({ length: width * height }, (_, at) => image[at] ?? Number.NaN);
    const largest = values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0) || 1;
    const place = (value: number): number => {
      if (!Number.isFinite(value)) return TRANSPARENT;
      if (colours === "gray") return 1 + Math.round(254 * Math.max(0, Math.min(1, value)));
      return 1 + LEVELS + Math.round((LEVELS * value) / largest);
    };
    const left = (i % columns) * (width + 1);
    const top = Math.floor(i / columns) * (height + 1);
    values.forEach((value, at) => {
      pixels[(top + Math.floor(at / width)) * total.width + left + (at % width)] = place(value);
    });
  });
  const image = withUsedColours({ pixels, palette: colours === "gray" ? gray : diverging });
  const png = await encodePng({ ...total, ...image });
  return { png, total };
}
