/** One move of a pen, from a point to the next. */
export interface Move {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  /** Whether it leaves a line. */
  readonly isDown: boolean;
}

/** A character as moves of a pen, within a square. */
export interface PenPath {
  readonly moves: readonly Move[];
}

/**
 * The moves of rows [T, 3]: the way to the right and down, and 1 where the pen is lifted after it. They begin at a point where the pen is put down, end
 * where it was lifted last, and are scaled into a square of this side, with a margin of a tenth.
 */
export function pathsOf(rows: ArrayLike<number>, side: number): PenPath {
  const points: [number, number][] = [[0, 0]];
  const lifted = [false];
  for (let t = 0; t < rows.length / 3; t++) {
    const [x, y] = points.at(-1)!;
    points.push([x + rows[3 * t]!, y + rows[3 * t + 1]!]);
    lifted.push(rows[3 * t + 2] === 1);
  }
  const end = lifted.lastIndexOf(true) + 1 || points.length;
  const kept = points.slice(0, end);
  const [xs, ys] = [kept.map(([x]) => x), kept.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const scale = (0.8 * side) / Math.max(width, height, Number.MIN_VALUE);
  const place = ([x, y]: readonly [number, number]) =>
    [side / 2 + (x - left - width / 2) * scale, side / 2 + (y - top - height / 2) * scale] as const;
  return {
    moves: kept.slice(1).map((point, i) => ({ from: place(kept[i]!), to: place(point), isDown: !lifted[i]! })),
  };
}
