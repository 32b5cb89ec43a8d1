import type { ImageForm } from "../images/form.ts";

/** Uniform 32-bit words, one a call. */
export type Words = () => number;

/**
 * Writes a changed copy of one image. What it draws is a function of the words alone.
 * @param from [height · width · channels]
 * @param to   the same, another array
 */
export type Augment = (from: Float32Array, to: Float32Array, words: Words) => void;

/** Makes the change for images of one form. Throws UserError where it doesn't fit them. */
export type ForForm = (form: ImageForm) => Augment;

/** What a pixel beyond the edge is: 0, the nearest one, or the one as far inside (the edge itself once). */
export const edges = ["zero", "nearest", "reflect"] as const;
export type Edge = (typeof edges)[number];

/** Copies row y of an image, moved dx to the right, into row `row` of another; what comes from beyond is as `edge` says. */
export function copyRow(
  from: Float32Array,
  to: Float32Array,
  { width, channels }: ImageForm,
  { y, row, dx, edge }: { readonly y: number; readonly row: number; readonly dx: number; readonly edge: Edge },
): void {
  const [source, target] = [y * width, row * width];
  const [first, end] = [Math.max(0, dx), Math.min(width, width + dx)];
  to.set(from.subarray((source + first - dx) * channels, (source + end - dx) * channels), (target + first) * channels);
  for (let x = 0; x < width; x++) {
    if (x === first) x = end;
    if (x >= width) return;
    const inside = within(x - dx, width, edge);
    for (let c = 0; c < channels; c++)
      to[(target + x) * channels + c] = inside < 0 ? 0 : from[(source + inside) * channels + c]!;
  }
}

/** The place from which a place beyond the edge is filled; −1 for 0. At most `length` − 1 beyond. */
export function within(place: number, length: number, edge: Edge): number {
  if (place >= 0 && place < length) return place;
  if (edge === "zero") return -1;
  if (edge === "nearest") return place < 0 ? 0 : length - 1;
  return place < 0 ? -place : 2 * (length - 1) - place;
}
