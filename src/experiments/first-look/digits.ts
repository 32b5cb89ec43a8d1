import { widthOf } from "../../describe/format.ts";

/** Grey values from black to white, of one character. */
const GREYS = " ░▒▓█";
/** Columns between two pictures. */
const GAP = 2;

/** Pictures of one size, beside each other. */
export interface Pictures {
  /** Rows × columns grey values of each, from 0 to 1. */
  readonly shape: readonly [rows: number, columns: number];
  readonly pixels: readonly ArrayLike<number>[];
  /** What stands below each. */
  readonly names: readonly string[];
}

/**
 * Pictures in characters, as many as fit into `columns` columns; a character stands for 2 × 4 pixels where they are large, so that 28 × 28 pixels are
 * 14 × 7 characters, else for one by two.
 */
export function picturesText({ shape: [rows, width], pixels, names }: Pictures, columns: number): string {
  const across = rows > 14 ? 2 : 1;
  const down = 2 * across;
  const size = Math.ceil(width / across);
  const count = Math.min(pixels.length, Math.floor((columns + GAP) / (size + GAP)));
  const shown = pixels.slice(0, count);
  const grey = (picture: ArrayLike<number>, top: number, left: number): string => {
    let [sum, n] = [0, 0];
    for (let row = top; row < Math.min(top + down, rows); row++)
      for (let column = left; column < Math.min(left + across, width); column++, n++)
        sum += picture[row * width + column]!;
    return GREYS[Math.min(GREYS.length - 1, Math.round((sum / n) * GREYS.length))]!;
  };
  const line = (picture: ArrayLike<number>, top: number): string =>
    Array.from({ length: size }, (_, i) => grey(picture, top, i * across)).join("");
  const beside = (cells: readonly string[]): string =>
    cells
      .map((cell) => cell + " ".repeat(Math.max(0, size - widthOf(cell))))
      .join(" ".repeat(GAP))
      .trimEnd();
  const tops = Array.from({ length: Math.ceil(rows / down) }, (_, i) => i * down);
  const centred = (name: string): string => `${" ".repeat(Math.max(0, Math.floor((size - widthOf(name)) / 2)))}${name}`;
  return [
    ...tops.map((top) => beside(shown.map((picture) => line(picture, top)))),
    beside(names.slice(0, count).map(centred)),
  ].join("\n");
}
