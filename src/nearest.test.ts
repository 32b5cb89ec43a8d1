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

test("nearest: what others call a name, in any case, where the name is one of those that can be meant", () => {
  const aliases = { st: "straight-through", rloo: "leave-one-out" };
  for (const given of ["st", "ST", " St "]) expect(nearest(given, names, aliases)).toBe("straight-through");
  expect(nearest("rloo", names, aliases)).toBeUndefined();
  expect(nearest("constructor", names, aliases)).toBeUndefined();
});

test("nearest: an alias with a mistake, and a beginning with one", () => {
  const aliases = { reinforce: "score-function", st: "straight-through", fashion: "gone" };
  expect(nearest("reinforc", names, aliases)).toBe("score-function");
  expect(nearest("renforce", names, aliases)).toBe("score-function");
  expect(nearest("strait", names)).toBe("straight-through");
  // Two letters are near to everything, and what an alias stands for may not be one of the names.
  expect(nearest("sd", names, aliases)).toBeUndefined();
  expect(nearest("fashio", names, aliases)).toBeUndefined();
});

test("nearest: names with capitals are as near as their letters", () => {
  expect(nearest("datadir", ["dataDir", "data"])).toBe("dataDir");
});

test("nearest: nothing is near a text longer than any name", () => {
  expect(nearest("sigmoid".repeat(1e6), names)).toBeUndefined();
});
