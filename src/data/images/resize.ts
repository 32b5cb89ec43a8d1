import { BadImage, type Decoded } from "./decoded.ts";
import { brightness } from "./form.ts";

/** What an image's values are: its brightness, or red, green and blue. */
export const imageColours = ["rgb", "grey"] as const;
export type ImageColour = (typeof imageColours)[number];

/** How an image of other proportions becomes one of a given size: the middle of it, or all of it between black borders. */
export const imageFits = ["crop", "pad"] as const;
export type ImageFit = (typeof imageFits)[number];

/** Rows and columns of pixels. */
export interface PixelSize {
  readonly height: number;
  readonly width: number;
}

/** How images of files become examples. */
export interface ImageReading {
  readonly colour: ImageColour;
  /** How they are brought to the size of the others; absent: they must have it. */
  readonly fit?: ImageFit;
}

/**
 * An image with values from 0 (black) to 1 (white). What is transparent shows white behind it. Each pixel is the mean of the part of the image that it
 * covers (area averaging).
 * @returns [height · width] in grey, [height · width · 3] in colours
 */
export function pixelsOf(image: Decoded, { colour, fit }: ImageReading, size: PixelSize): Float32Array {
  const { height, width } = size;
  const same = image.height === height && image.width === width;
  if (!fit && !same)
    throw new BadImage(`it must be ${height}x${width} pixels (rows x columns), it is ${image.height}x${image.width}`);
  const channels = colour === "grey" ? 1 : 3;
  const rowOf = rowReader(image, colour);
  if (same) {
    const pixels = new Float32Array(height * width * channels);
    for (let y = 0; y < height; y++) rowOf(y, pixels.subarray(y * width * channels, (y + 1) * width * channels));
    return pixels;
  }
  return averaged(image, size, { fit: fit!, channels, rowOf });
}

type RowReader = (y: number, to: Float32Array | Float64Array) => void;

/** A function that writes a row of an image, in its colours over white. Nothing is made for a pixel: large images have many. */
function rowReader({ width, channels, white, data }: Decoded, colour: ImageColour): RowReader {
  const [isGrey, hasAlpha, inGrey] = [channels < 3, channels % 2 === 0, colour === "grey"];
  return (y, to) => {
    for (let x = 0, at = y * width * channels, i = 0; x < width; x++, at += channels) {
      const alpha = hasAlpha ? data[at + channels - 1]! : white;
      const red = data[at]!;
      const green = isGrey ? red : data[at + 1]!;
      const blue = isGrey ? red : data[at + 2]!;
      if (inGrey) to[i++] = overWhite(brightness(red, green, blue), alpha, white);
      else {
        to[i++] = overWhite(red, alpha, white);
        to[i++] = overWhite(green, alpha, white);
        to[i++] = overWhite(blue, alpha, white);
      }
    }
  };
}

const overWhite = (value: number, alpha: number, white: number): number =>
  alpha === white ? value / white : (value * alpha + white * (white - alpha)) / white ** 2;

/** Which pixels of an axis a pixel of the result covers, and how much of each. */
interface Cover {
  readonly from: number;
  readonly weights: Float64Array;
}

/** What each of `to` pixels covers of an axis with `from` pixels, of which a piece of `length` around the middle is taken. */
function coversOf(from: number, to: number, length: number): Cover[] {
  const start = (from - length) / 2;
  return Array.from({ length: to }, (_, i) => {
    const [left, right] = [start + (i * length) / to, start + ((i + 1) * length) / to];
    const [first, last] = [Math.max(0, Math.floor(left)), Math.min(from, Math.ceil(right))];
    const weights = Float64Array.from(
      { length: Math.max(0, last - first) },
      (_, k) => (Math.max(0, Math.min(right, first + k + 1) - Math.max(left, first + k)) * to) / length,
    );
    return { from: first, weights };
  });
}

function averaged(
  image: Decoded,
  { height, width }: PixelSize,
  { fit, channels, rowOf }: { readonly fit: ImageFit; readonly channels: number; readonly rowOf: RowReader },
): Float32Array {
  const [across, down] = [image.width / width, image.height / height];
  const scale = fit === "crop" ? Math.min(across, down) : Math.max(across, down);
  const columns = coversOf(image.width, width, scale * width);
  const rows = coversOf(image.height, height, scale * height);
  const whole = new Float64Array(image.width * channels);
  const narrow = new Float64Array(width * channels);
  const sums = new Float64Array(height * width * channels);
  // Rows overlap by at most one, and come in order.
  let done = -1;
  rows.forEach(({ from, weights }, y) => {
    weights.forEach((weight, k) => {
      if (from + k !== done) {
        done = from + k;
        rowOf(done, whole);
        narrowed(whole, columns, channels, narrow);
      }
      for (let i = 0; i < narrow.length; i++) sums[y * narrow.length + i]! += weight * narrow[i]!;
    });
  });
  return Float32Array.from(sums);
}

/** A row with the mean of what each pixel of the result covers. */
function narrowed(whole: Float64Array, columns: readonly Cover[], channels: number, to: Float64Array): void {
  for (let x = 0; x < columns.length; x++) {
    const { from, weights } = columns[x]!;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0, at = from * channels + c; k < weights.length; k++, at += channels)
        sum += weights[k]! * whole[at]!;
      to[x * channels + c] = sum;
    }
  }
}
