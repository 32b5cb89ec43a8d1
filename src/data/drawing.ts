/** The most characters in a line of a drawing. */
export const COLUMNS = 80;
const BARS = "▁▂▃▄▅▆▇█";

/**
 * Numbers as bars, from the smallest to the largest, or over the range that is given. Where they are more than the columns of a line, each bar is the
 * largest of several neighbours, so that a lone one is seen.
 */
export function sparkline(
  values: ArrayLike<number>,
  { columns = COLUMNS, range }: { readonly columns?: number; readonly range?: readonly [number, number] } = {},
): string {
  const width = Math.ceil(values.length / columns);
  const bars = Array.from({ length: Math.ceil(values.length / width) }, (_, bar) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let at = bar * width; at < Math.min((bar + 1) * width, values.length); at++)
      most = Math.max(most, values[at]!);
    return most;
  });
  const [low, high] = range ?? [Math.min(...bars), Math.max(...bars)];
  return bars
    .map((bar) => BARS[high > low ? Math.round(((bar - low) / (high - low)) * (BARS.length - 1)) : 0])
    .join("");
}

/** A picture of black and white dots, two by four in a character. */
export interface Dots {
  readonly width: number;
  readonly height: number;
  set(x: number, y: number): void;
  /** Lines of characters, without spaces at their ends. */
  text(): string;
}

/** The bit of each dot of a braille character, by row and column. */
const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export function dots(width: number, height: number): Dots {
  const columns = Math.ceil(width / 2);
  const cells = new Uint8Array(columns * Math.ceil(height / 4));
  return {
    width,
    height,
    set(x, y) {
      if (x < 0 || x >= width || y < 0 || y >= height) return;
      cells[Math.floor(y / 4) * columns + Math.floor(x / 2)]! |= BITS[y % 4]![x % 2]!;
    },
    text: () =>
      Array.from({ length: cells.length / columns }, (_, row) =>
        Array.from(cells.subarray(row * columns, (row + 1) * columns), (bits) =>
          bits === 0 ? " " : String.fromCodePoint(0x2800 + bits),
        )
          .join("")
          .trimEnd(),
      ).join("\n"),
  };
}

/** Spikes as dots, time to the right, channels downwards. x: [steps, channels] */
export function raster(x: ArrayLike<number>, steps: number, channels: number): string {
  const step = Math.ceil(steps / (2 * COLUMNS));
  const channel = Math.ceil(channels / 64);
  const picture = dots(Math.ceil(steps / step), Math.ceil(channels / channel));
  for (let at = 0; at < steps * channels; at++)
    if (x[at]! > 0) picture.set(Math.floor(Math.floor(at / channels) / step), Math.floor((at % channels) / channel));
  return picture.text();
}

/** Lines of a pen as dots; y grows downwards. Each line is a list of points. */
export function penDrawing(
  lines: readonly (readonly (readonly [number, number])[])[],
  width = 96,
  height = 48,
): string {
  const points = lines.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const scale = Math.max((Math.max(...xs) - left) / (width - 1), (Math.max(...ys) - top) / (height - 1)) || 1;
  const picture = dots(width, Math.floor((Math.max(...ys) - top) / scale) + 1);
  const place = ([x, y]: readonly [number, number]) => [(x - left) / scale, (y - top) / scale] as const;
  for (const line of lines) {
    let [fromX, fromY] = place(line[0]!);
    picture.set(Math.round(fromX), Math.round(fromY));
    for (const [x, y] of line.map(place)) {
      const count = Math.ceil(Math.max(Math.abs(x - fromX), Math.abs(y - fromY)));
      for (let i = 1; i <= count; i++)
        picture.set(Math.round(fromX + ((x - fromX) * i) / count), Math.round(fromY + ((y - fromY) * i) / count));
      [fromX, fromY] = [x, y];
    }
  }
  return picture.text();
}

/** Thresholds of an ordered dither. Bayer 1973, An optimum method for two-level rendition of continuous-tone pictures. */
const BAYER = [
  [0, 8, 2, 10],
  [12, 4, 14, 6],
  [3, 11, 1, 9],
  [15, 7, 13, 5],
] as const;

/** An image with values from 0 to 1 as dots, the more of them the larger its values: `columns` by `rows` dots. */
export function dithered(
  image: ArrayLike<number>,
  { width, height, columns, rows }: { width: number; height: number; columns: number; rows: number },
): string {
  const picture = dots(columns, rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const [left, right] = [Math.floor((x * width) / columns), Math.ceil(((x + 1) * width) / columns)];
      const [top, bottom] = [Math.floor((y * height) / rows), Math.ceil(((y + 1) * height) / rows)];
      let sum = 0;
      for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) sum += image[i * width + j]!;
      if (sum / ((right - left) * (bottom - top)) > (BAYER[y % 4]![x % 4]! + 0.5) / 16) picture.set(x, y);
    }
  return picture.text();
}

/** Blocks of text beside each other, in as many rows as the columns of a line ask for. */
export function sideBySide(blocks: readonly string[], columns = COLUMNS): string {
  const split = blocks.map((block) => block.split("\n"));
  const widest = 2 + Math.max(0, ...split.flat().map((line) => line.length));
  const each = Math.max(1, Math.floor((columns + 2) / widest));
  const rows: string[] = [];
  for (let from = 0; from < split.length; from += each) {
    const row = split.slice(from, from + each);
    const height = Math.max(...row.map(({ length }) => length));
    for (let i = 0; i < height; i++)
      rows.push(
        row
          .map((lines) => (lines[i] ?? "").padEnd(widest))
          .join("")
          .trimEnd(),
      );
  }
  return rows.join("\n");
}
