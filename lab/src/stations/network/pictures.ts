import type { Begun, Valued } from "../../worker/network-messages.ts";
import { layoutOf } from "./letters.ts";

/** Numbers as cells of a picture. */
export interface Picture {
  readonly columns: number;
  readonly rows: number;
  /** Cell by cell, row by row; NaN between two feature maps. */
  readonly values: ArrayLike<number>;
  /** The cell of a number, and the number of a cell; undefined for none. */
  cellOf(place: number): number | undefined;
  placeOf(cell: number): number | undefined;
}

const plain = (columns: number, rows: number, values: ArrayLike<number>): Picture => ({
  ...{ columns, rows, values },
  cellOf: (place) => place,
  placeOf: (cell) => (cell < values.length ? cell : undefined),
});

/** Maps that are shown in the diagram, of as many as there are. */
const MAPS = 5;

/** Images [height, width, count] side by side, a line between two of them. */
export function tiled(
  shape: readonly [number, number, number],
  data: ArrayLike<number>,
  across: number,
  most = Number.POSITIVE_INFINITY,
): Picture {
  const [height, width, count] = shape;
  const shown = Math.min(count, most);
  const columns = Math.min(across, shown) * (width + 1) - 1;
  const rows = Math.ceil(shown / across) * (height + 1) - 1;
  const cellOf = (place: number): number | undefined => {
    const [map, at] = [place % count, Math.floor(place / count)];
    if (map >= shown) return undefined;
    const row = Math.floor(map / across) * (height + 1) + Math.floor(at / width);
    return row * columns + (map % across) * (width + 1) + (at % width);
  };
  const placeOf = (cell: number): number | undefined => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const map = Math.floor(row / (height + 1)) * across + Math.floor(column / (width + 1));
    const [r, c] = [row % (height + 1), column % (width + 1)];
    return map < shown && r < height && c < width ? (r * width + c) * count + map : undefined;
  };
  const isLine = (cell: number): boolean =>
    Math.floor(cell / columns) % (height + 1) === height || (cell % columns) % (width + 1) === width;
  const values = Float32Array.from({ length: columns * rows }, (_, cell) => (isLine(cell) ? Number.NaN : 0));
  for (let place = 0; place < data.length; place++) {
    const cell = cellOf(place);
    if (cell !== undefined) values[cell] = data[place]!;
  }
  return { columns, rows, values, cellOf, placeOf };
}

/** How the numbers of a value are drawn: an image, feature maps, steps × neurons, or a vector; narrow in the diagram, large beside it. */
export function pictureOf(
  { id, shape }: Pick<Valued, "id" | "shape">,
  [height, width]: Begun["image"],
  data: ArrayLike<number>,
  isSmall: boolean,
): Picture {
  if (id === "x" && width > 1) return plain(width, height, data);
  if (shape.length === 3)
    return tiled(
      shape as [number, number, number],
      data,
      isSmall ? MAPS : acrossOf(shape[2]!),
      isSmall ? MAPS : undefined,
    );
  if (shape.length === 4) {
    const [tall, wide, inputs, outputs] = shape as [number, number, number, number];
    return tiled([tall, wide, inputs * outputs], data, inputs === 1 ? acrossOf(outputs) : outputs);
  }
  if (shape.length === 2) return plain(shape[1]!, shape[0]!, data);
  const { columns, rows } = layoutOf(shape[0] ?? 1, isSmall);
  return plain(columns, rows, data);
}

const acrossOf = (count: number): number => Math.ceil(Math.sqrt(count));

/** Where a number stands, in words, counted from 1. */
export function placeText({ shape }: Pick<Valued, "shape">, place: number): string {
  if (shape.length === 3) {
    const [, width, maps] = shape as [number, number, number];
    const at = Math.floor(place / maps);
    return `map ${(place % maps) + 1}, row ${Math.floor(at / width) + 1}, column ${(at % width) + 1}`;
  }
  if (shape.length === 2) return `neuron ${(place % shape[1]!) + 1} at row ${Math.floor(place / shape[1]!) + 1}`;
  return `${place + 1} of ${shape[0] ?? 1}`;
}
