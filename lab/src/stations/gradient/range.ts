/** What a square picture shows of the plane. */
export interface Box {
  readonly left: number;
  readonly bottom: number;
  readonly side: number;
  /** Between the marks of both axes: a round number. */
  readonly step: number;
}

/** 1, 2 or 5 times a power of ten that is at least this. */
function roundUp(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  return Number((power * ([1, 2, 5].find((factor) => factor * power >= x) ?? 10)).toPrecision(2));
}

/**
 * A square, with some room, in which the origin and nearly all points lie: x and y in turn. Its edges are in steps of a quarter of the marks, so
 * that it rarely moves.
 */
export function boxOf(points: readonly number[], share = 0.995): Box {
  const ends = [0, 1].map((axis) => {
    const sorted = points.filter((_, i) => i % 2 === axis).sort((a, b) => a - b);
    const at = (of: number): number => sorted[Math.round(of * (sorted.length - 1))] ?? 0;
    return [Math.min(0, at((1 - share) / 2)), Math.max(0, at((1 + share) / 2))] as const;
  });
  const wanted = Math.max(...ends.map(([low, high]) => high - low)) || 1;
  const step = roundUp(wanted / 4);
  const grid = step / 4;
  const side = Math.ceil((1.2 * wanted) / grid) * grid;
  const [left = 0, bottom = 0] = ends.map(([low, high]) => Math.round(((low + high) / 2 - side / 2) / grid) * grid);
  return { left, bottom, side, step };
}

/** A corner of a picture: −1 or 1 on the axis to the right, and on the axis upwards. */
export type Corner = readonly [x: -1 | 1, y: -1 | 1];

/** The corner of a picture in which the fewest of these points lie: x and y in turn. The first of equals. */
export function emptiest(points: readonly number[], { left, bottom, side }: Box): Corner {
  const corners: readonly Corner[] = [
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ];
  const counts = corners.map(() => 0);
  for (let i = 0; i < points.length; i += 2)
    corners.forEach(([x, y], c) => {
      const [u, v] = [(points[i]! - left) / side - 0.5, (points[i + 1]! - bottom) / side - 0.5];
      if (u * x > 0 && v * y > 0) counts[c]!++;
    });
  return corners[counts.indexOf(Math.min(...counts))]!;
}
