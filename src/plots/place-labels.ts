import { LINE } from "./marks.ts";
import { textWidth } from "./text.ts";

/** A point with a name, in pixels. */
export interface Named {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Placed<T> {
  readonly item: T;
  /** Where the text begins, and the middle of its height. */
  readonly x: number;
  readonly y: number;
  readonly box: Box;
  /** Whether it is so far from its point that a line must lead to it. */
  readonly isAway: boolean;
}

/** Radius of a point. */
const POINT = 6;

export const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * Names beside their points, so that no name lies over another one or over a point. Earlier items are placed first; a name that has no
 * room is omitted.
 * @param frame  where names may be
 * @param others what no name may cover beside the points
 */
export function placeLabels<T extends Named>(
  items: readonly T[],
  font: number,
  frame: Box,
  others: readonly Box[] = [],
): Placed<T>[] {
  const taken: Box[] = [
    ...others,
    ...items.map(({ x, y }) => ({ left: x - POINT, right: x + POINT, top: y - POINT, bottom: y + POINT })),
  ];
  const placed: Placed<T>[] = [];
  for (const item of items) {
    const found = candidates(item, textWidth(item.name, font), font * LINE).find(
      ({ box }) =>
        box.left >= frame.left &&
        box.right <= frame.right &&
        box.top >= frame.top &&
        box.bottom <= frame.bottom &&
        !taken.some((other) => overlap(box, other)),
    );
    if (!found) continue;
    taken.push(found.box);
    placed.push({ item, x: found.box.left, y: (found.box.top + found.box.bottom) / 2, ...found });
  }
  return placed;
}

/** Right, left, above, below; then further away. */
function candidates({ x, y }: Named, width: number, height: number): { box: Box; isAway: boolean }[] {
  const near = POINT + 2;
  const at = (left: number, middle: number, isAway: boolean) => ({
    box: { left, right: left + width, top: middle - height / 2, bottom: middle + height / 2 },
    isAway,
  });
  const around = (away: number) => {
    const isAway = away > near;
    const [up, down] = [y - away - height / 2, y + away + height / 2];
    return [
      ...[at(x + near, up, isAway), at(x + near, down, isAway), at(x - near - width, up, isAway)],
      ...[at(x - near - width, down, isAway), at(x - width / 2, up, isAway), at(x - width / 2, down, isAway)],
    ];
  };
  return [
    at(x + near, y, false),
    at(x - near - width, y, false),
    ...[near - 4, 1.5 * height, 2.5 * height, 3.5 * height].flatMap(around),
  ];
}
