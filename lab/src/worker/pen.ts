import type { Ink } from "../../../src/data/images/centred.ts";

/** Places along a side of the pad: four for each pixel of an image. */
export const PAD = 112;
/** Half the width of the pen, in places. */
export const PEN = 4.5;

/** A line that the pen drew: x, y, x, y … in places of the pad. */
export type Stroke = readonly number[];

/** How far a point lies from the piece of a line between two points. */
function distance(x: number, y: number, fromX: number, fromY: number, toX: number, toY: number): number {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / length));
  return Math.sqrt((x - fromX - along * dx) ** 2 + (y - fromY - along * dy) ** 2);
}

/** The ink of strokes with a round pen. Its edge is as wide as a place, so that it isn't jagged. */
export function inkOf(strokes: readonly Stroke[]): Ink {
  const data = new Uint8Array(PAD * PAD);
  const reach = PEN + 1;
  for (const stroke of strokes)
    for (let i = 0; i < stroke.length; i += 2) {
      const [fromX, fromY] = [stroke[Math.max(0, i - 2)]!, stroke[Math.max(1, i - 1)]!];
      const [toX, toY] = [stroke[i]!, stroke[i + 1]!];
      const [left, right] = [Math.min(fromX, toX) - reach, Math.max(fromX, toX) + reach];
      const [top, bottom] = [Math.min(fromY, toY) - reach, Math.max(fromY, toY) + reach];
      for (let y = Math.max(0, Math.floor(top)); y < Math.min(PAD, bottom); y++)
        for (let x = Math.max(0, Math.floor(left)); x < Math.min(PAD, right); x++) {
          const off = distance(x + 0.5, y + 0.5, fromX, fromY, toX, toY);
          const ink = Math.round(255 * Math.min(1, Math.max(0, PEN + 0.5 - off)));
          data[y * PAD + x] = Math.max(data[y * PAD + x]!, ink);
        }
    }
  return { width: PAD, height: PAD, data };
}
