import { expect, test } from "vitest";
import { pathsOf } from "./pen.ts";

test("a pen's moves fill a square, lifted where the row before says so, and end where it is lifted last", () => {
  // Right, lifted; down without a line; left, lifted; what follows is not shown.
  const { moves } = pathsOf([4, 0, 1, 0, 4, 0, -4, 0, 1, 9, 9, 0], 100);
  expect(moves).toEqual([
    { from: [10, 10], to: [90, 10], isDown: true },
    { from: [90, 10], to: [90, 90], isDown: false },
    { from: [90, 90], to: [10, 90], isDown: true },
  ]);
  expect(pathsOf([1, 0, 0, 1, 0, 0], 100).moves.map(({ to: [x] }) => x)).toEqual([50, 90]);
});
