import { decodePng } from "../../src/data/images/png.ts";

/** Pixels of a side of the squares whose mean brightness is compared. */
const SIDE = 16;

/** Mean brightness, 0 to 1, of each whole square of a picture, row by row. */
async function squares(png: Uint8Array): Promise<{ width: number; height: number; brightness: Float64Array }> {
  const { width, height, channels, data } = await decodePng(png);
  const [columns, rows] = [Math.floor(width / SIDE), Math.floor(height / SIDE)];
  const colours = Math.min(3, channels);
  const brightness = new Float64Array(columns * rows);
  for (let y = 0; y < rows * SIDE; y++)
    for (let x = 0; x < columns * SIDE; x++)
      for (let c = 0; c < colours; c++)
        brightness[Math.floor(y / SIDE) * columns + Math.floor(x / SIDE)]! += data[(y * width + x) * channels + c]!;
  return { width, height, brightness: brightness.map((sum) => sum / (255 * colours * SIDE * SIDE)) };
}

/** How far two pictures are apart: the share by which their heights differ, and the mean difference of brightness where both have squares. */
export async function differenceOf(a: Uint8Array, b: Uint8Array): Promise<{ height: number; brightness: number }> {
  const [one, other] = [await squares(a), await squares(b)];
  if (one.width !== other.width) return { height: 1, brightness: 1 };
  const shared = Math.min(one.brightness.length, other.brightness.length);
  let sum = 0;
  for (let i = 0; i < shared; i++) sum += Math.abs(one.brightness[i]! - other.brightness[i]!);
  return { height: Math.abs(one.height - other.height) / other.height, brightness: sum / shared };
}
