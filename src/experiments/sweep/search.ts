import { UserError } from "../../errors.ts";
import { philoxWords } from "../../random/philox.ts";
import { sobol } from "./sobol.ts";
import { gridPoint, gridSize, type Point, pointAt, type Space } from "./space.ts";

/** How the points of a sweep are chosen. */
export interface Search {
  readonly title: string;
  /** The point of a number from 0 on: it depends on nothing else, so that any machine finds the same one. */
  points(space: Space, seed: number): (index: number) => Point;
}

/** The ways to choose points. Adding one means adding an entry here. */
export const searches = {
  grid: {
    title: "grid, each value with each",
    points: (space) => (index) => gridPoint(space, index),
  },
  random: {
    title: "random points",
    points(space, seed) {
      const dimensions = Object.keys(space).length;
      return (index) => {
        const word = philoxWords([seed >>> 0, 0], RANDOM, [index, 0]);
        return pointAt(
          space,
          Float64Array.from({ length: dimensions }, () => word() / 2 ** 32),
        );
      };
    },
  },
  sobol: {
    title: "points of a Sobol' sequence",
    points(space, seed) {
      const at = sobol(Object.keys(space).length, seed);
      return (index) => pointAt(space, at(index));
    },
  },
} as const satisfies { readonly [name: string]: Search };

export type SearchName = keyof typeof searches;

/** Tells these random numbers from those of other purposes. */
const RANDOM = 0x5357_4550;

/** The number of points: all of a grid, as many as are asked for otherwise. Throws UserError, naming the file. */
export function pointsOf(file: string, space: Space, search: SearchName, points: number | undefined): number {
  if (search !== "grid") {
    if (points !== undefined) return points;
    throw new UserError(`${file}: points must say how many a search by ${search} tries, such as points: 40`);
  }
  const size = gridSize(space);
  if (size === undefined)
    throw new UserError(
      `${file}: a grid needs lists of values, and space has a range: give search: "sobol" and points`,
    );
  if (points !== undefined)
    throw new UserError(
      `${file}: points are those of the grid, ${size.toLocaleString("en")}: omit it, or give search: "random"`,
    );
  return size;
}
