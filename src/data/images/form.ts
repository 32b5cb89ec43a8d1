import type { Shape } from "../../graph/index.ts";

/** What the values of an example are where it is an image: row by row, and of each pixel its channels side by side. */
export interface ImageForm {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Values of a pixel: 1 for brightness, 3 for red, green and blue. */
  readonly channels: number;
}

/** More channels than a picture has: examples of three axes with a longer last one are something else. */
const MOST_CHANNELS = 4;

/** The form of an image [rows, columns] or [rows, columns, channels]; undefined for examples of another shape. */
export function imageForm(shape: Shape): ImageForm | undefined {
  const [height, width, channels = 1] = shape;
  if (height === undefined || width === undefined || shape.length > 3 || channels > MOST_CHANNELS) return undefined;
  return { height, width, channels };
}

/** How much red, green and blue count for brightness. ITU-R BT.601. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/** Brightness of a colour. */
export const brightness = (red: number, green: number, blue: number): number =>
  red === green && green === blue ? red : RED * red + GREEN * green + BLUE * blue;

/**
 * An image with one value a pixel: the brightness of its colours, or the mean where its channels are no colours.
 * @param image [height · width · channels]
 * @returns [height · width]
 */
export function inGrey<Image extends ArrayLike<number>>(
  image: Image,
  { height, width, channels }: ImageForm,
): Image | Float32Array {
  if (channels === 1) return image;
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    const at = pixel * channels;
    if (channels === 3) return brightness(image[at]!, image[at + 1]!, image[at + 2]!);
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += image[at + channel]!;
    return sum / channels;
  });
}
