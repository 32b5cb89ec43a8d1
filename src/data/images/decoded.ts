/** An image as a file holds it. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  /** 1 brightness, 2 brightness and alpha, 3 colours, 4 colours and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** The value of white: 255 or 65535. */
  readonly white: number;
  /** [height · width · channels], row by row from the top. */
  readonly data: Uint8Array | Uint16Array;
}

/** What the beginning of a file says of its image. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** Whether it has brightness alone. */
  readonly grey: boolean;
  /** The most bytes of memory that decoding takes. */
  readonly memory: number;
}

/** Why a file can't be read as an image. The message is the reason, for whoever knows the file's name. */
export class BadImage extends Error {
  override name = "BadImage";
}

/** Pixels of the largest image that is decoded, about those of the largest cameras. A small file can claim many more. */
const MOST_PIXELS = 100e6;

/** Throws BadImage for an image without pixels, and for one that is too large to be a picture. */
export function checkPixels(width: number, height: number): void {
  if (width === 0 || height === 0) throw new BadImage(`it has no pixels: it is ${width} wide and ${height} high`);
  if (width * height > MOST_PIXELS)
    throw new BadImage(
      `it has ${Math.round((width * height) / 1e6)} million pixels, ${width} by ${height}; at most ${MOST_PIXELS / 1e6} million are read`,
    );
}
