import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const names = ["sigmoid", "score-function", "straight-through", "straight-through-slope"];

test("nearest: a letter left out, doubled, replaced or swapped with its neighbour", () => {
  for (const given of ["sigmod", "sigmoiid", "sigmoit", "sgimoid"]) expect(nearest(given, names)).toBe("sigmoid");
});

test("nearest: case, spaces and underscores don't matter", () => {
  expect(nearest("Straight Through", names)).toBe("straight-through");
  expect(nearest("SCORE_FUNCTION", names)).toBe("score-function");
});

test("nearest: the beginning of a name is enough; nothing is said where nothing is near", () => {
  expect(nearest("straight", names)).toBe("straight-through");
  expect(nearest("adam", names)).toBeUndefined();
  expect(nearest("", names)).toBeUndefined();
});
