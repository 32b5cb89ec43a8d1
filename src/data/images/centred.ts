import { BadImage } from "./decoded.ts";
import { pixelsOf } from "./resize.ts";

/** Ink on nothing: 0 where there is none, 255 where it is full. */
export interface Ink {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** [height · width], row by row from the top. */
  readonly data: Uint8Array;
}

/** Pixels of an image of MNIST, of the box that its digit fills, and the pixel that its centre of mass lies in. */
const [SIDE, BOX, CENTRE] = [28, 20, 14];

/**
 * A drawing as the images of MNIST were made: the box around its ink is scaled to 20×20 pixels with its proportions kept (area averaging), and laid
 * into 28×28 pixels so that its centre of mass lies in the pixel [14, 14], counted from 0. Where that would cut ink off, it is moved as little as
 * needed. Throws BadImage for a drawing without ink.
 * @returns [28 · 28], 0 to 255, ink is bright
 * @see LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition, section III A.
 */
export function centredDigit(ink: Ink): Uint8Array {
  const { data: box, width, height } = cropped(ink);
  const scale = BOX / Math.max(width, height);
  const size = { width: scaledSide(width, scale), height: scaledSide(height, scale) };
  const image = { width, height, channels: 1, white: 255, data: box } as const;
  const scaled = Uint8Array.from(pixelsOf(image, { colour: "grey", fit: "pad" }, size), (value) =>
    Math.round(value * 255),
  );
  const left = placeOf(
    centreOf(scaled, (at) => at % size.width),
    size.width,
  );
  const top = placeOf(
    centreOf(scaled, (at) => Math.floor(at / size.width)),
    size.height,
  );
  const digit = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < size.height; y++)
    digit.set(scaled.subarray(y * size.width, (y + 1) * size.width), (top + y) * SIDE + left);
  return digit;
}

const scaledSide = (side: number, scale: number): number => Math.max(1, Math.round(side * scale));

/** What lies in the smallest box that holds all ink. */
function cropped({ width, height, data }: Ink): Ink {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let at = 0; at < width * height; at++) {
    if (data[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (right < 0) throw new BadImage("there is nothing on it");
  const size = { width: right - left + 1, height: bottom - top + 1 };
  const box = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const from = (top + y) * width + left;
    box.set(data.subarray(from, from + size.width), y * size.width);
  }
  return { ...size, data: box };
}

/** The mean of a coordinate, by ink. */
function centreOf(data: Uint8Array, coordinate: (at: number) => number): number {
  let [sum, ink] = [0, 0];
  for (let at = 0; at < data.length; at++) {
    sum += data[at]! * coordinate(at);
    ink += data[at]!;
  }
  return ink === 0 ? 0 : sum / ink;
}

/** Where an axis of the box begins, so that its centre of mass is in the middle pixel. */
const placeOf = (centre: number, length: number): number =>
  Math.min(SIDE - length, Math.max(0, CENTRE - Math.round(centre)));
