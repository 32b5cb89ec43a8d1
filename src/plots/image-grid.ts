import { escapeXml } from "./escape.ts";
import { dataUri, encodeColours, encodePng, withUsedColours } from "./png.ts";

/** Size of one image in pixels. */
export interface ImageSize {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** 3: the values of a pixel are red, green and blue (default: 1, brightness). */
  readonly channels?: 1 | 3 | undefined;
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
   * "diverging": 0 is white, blue above and orange below, each image scaled by its own largest |value|.
   * "gray": 0 is black and 1 is white. Of images with red, green and blue, "diverging" is grey at 0, each colour brighter above and
   * darker below, and "gray" is those colours from 0 to 1.
   */
  readonly colours?: "diverging" | "gray" | undefined;
}

const TRANSPARENT = 0;
const LEVELS = 127;
const BLUE = [11, 98, 168];
const ORANGE = [184, 69, 10];
const blend = (to: readonly number[], t: number): number[] => to.map((c) => Math.round(255 + (c - 255) * t));

/** Place 0 is transparent; 1..255 run from −1 (orange) over 0 (white, place 128) to 1 (blue). */
const diverging = [
  [0, 0, 0, 0],
  ...Array.from({ length: 2 * LEVELS + 1 }, (_, i) => blend(i < LEVELS ? ORANGE : BLUE, Math.abs(i - LEVELS) / LEVELS)),
];
const gray = [[0, 0, 0, 0], ...Array.from({ length: 255 }, (_, i) => [i + 1, i + 1, i + 1])];

/**
 * Many small images beside each other as one <img>, each value one pixel: what a unit looks for in its input.
 * @param images each [height · width · channels], row by row; a value that is not finite is transparent
 */
export async function imageGrid(images: readonly ArrayLike<number>[], options: ImageGridOptions): Promise<string> {
  const { title, scale = 2, colours = "diverging" } = options;
  const { png, total } = await gridPng(images, options, colours);
  return `<img alt="${escapeXml(title)}" title="${escapeXml(title)}" width="${total.width * scale}" height="${total.height * scale}" style="image-rendering: pixelated" src="${dataUri(png)}">`;
}

/** Images beside each other as a PNG file, 0 black and 1 white, in colours where they have 3 channels, with its size in pixels. */
export const grayPng = (images: readonly ArrayLike<number>[], grid: Grid) => gridPng(images, grid, "gray");

/** Weights beside each other as a PNG file, each image by its own largest, with its size in pixels. */
export const weightsPng = (images: readonly ArrayLike<number>[], grid: Grid) => gridPng(images, grid, "diverging");

async function gridPng(
  images: readonly ArrayLike<number>[],
  grid: Grid,
  colours: "diverging" | "gray",
): Promise<{ readonly png: Uint8Array; readonly total: ImageSize }> {
  const { width, height, channels = 1 } = grid;
  const columns = Math.max(1, Math.min(grid.columns, images.length));
  const rows = Math.max(1, Math.ceil(images.length / columns));
  const total = { width: columns * (width + 1) - 1, height: rows * (height + 1) - 1 };
  /** Where a pixel of an image lies in the whole. */
  const placeOf = (image: number, pixel: number): number =>
    (Math.floor(image / columns) * (height + 1) + Math.floor(pixel / width)) * total.width +
    (image % columns) * (width + 1) +
    (pixel % width);
  const all = images.map((image) =>
    Array.from({ length: width * height * channels }, (_, at) => image[at] ?? Number.NaN),
  );
  return { png: await (channels === 3 ? inColours : inLevels)(all, total, placeOf, colours), total };
}

const largestOf = (values: readonly number[]): number =>
  values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0) || 1;
const within = (value: number): number => Math.max(0, Math.min(1, value));

type Draw = (
  images: readonly (readonly number[])[],
  total: ImageSize,
  placeOf: (image: number, pixel: number) => number,
  colours: "diverging" | "gray",
) => Promise<Uint8Array>;

const inLevels: Draw = (images, total, placeOf, colours) => {
  const pixels = new Uint8Array(total.width * total.height).fill(TRANSPARENT);
  images.forEach((values, i) => {
    const largest = largestOf(values);
    const level = (value: number): number => {
      if (!Number.isFinite(value)) return TRANSPARENT;
      return colours === "gray"
        ? 1 + Math.round(254 * within(value))
        : 1 + LEVELS + Math.round((LEVELS * value) / largest);
    };
    values.forEach((value, at) => {
      pixels[placeOf(i, at)] = level(value);
    });
  });
  return encodePng({ ...total, ...withUsedColours({ pixels, palette: colours === "gray" ? gray : diverging }) });
};

const inColours: Draw = (images, total, placeOf, colours) => {
  const rgba = new Uint8Array(4 * total.width * total.height);
  images.forEach((values, i) => {
    const largest = largestOf(values);
    const level = (value: number): number =>
      Math.round(255 * within(colours === "gray" ? value : (1 + value / largest) / 2));
    for (let pixel = 0; 3 * pixel < values.length; pixel++) {
      const colour = values.slice(3 * pixel, 3 * pixel + 3);
      if (colour.every(Number.isFinite)) rgba.set([...colour.map(level), 255], 4 * placeOf(i, pixel));
    }
  });
  return encodeColours({ ...total, rgba });
};
