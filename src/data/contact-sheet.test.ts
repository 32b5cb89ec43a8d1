import { expect, test } from "vitest";
import { contactSheet, sheetText } from "./contact-sheet.ts";
import { labelledDataset, labelledSplit } from "./testing.ts";

// Four images of one row and two columns, from 0 to 8.
const split = labelledSplit("train", [0, 8, 4, 4, 8, 0, 2, 6], [1, 0, 1, 1], [1, 2]);
const data = labelledDataset("pairs", ["a", "b", "none"], { train: split, valid: split, test: split });

test("has each class with its count, its first examples and the mean of all, from the least value 0 to the largest 1", () => {
  const sheet = contactSheet(data, 2)!;
  expect([sheet.width, sheet.height]).toEqual([2, 1]);
  const plain = sheet.classes.map(({ name, count, mean, examples }) => [
    name,
    count,
    [...mean],
    examples.map((x) => [...x]),
  ]);
  expect(plain).toEqual([
    ["a", 1, [0.5, 0.5], [[0.5, 0.5]]],
    [
      "b",
      3,
      [expect.closeTo(10 / 24, 6), expect.closeTo(14 / 24, 6)],
      [
        [0, 1],
        [1, 0],
      ],
    ],
    ["none", 0, [0, 0], []],
  ]);
});

test("is of images alone: not of vectors, nor of sequences that have a drawing", () => {
  expect(contactSheet({ ...data, drawing: "~" })).toBeUndefined();
  const flat = labelledSplit("train", [0, 1, 2, 3], [0, 1]);
  expect(contactSheet(labelledDataset("flat", ["a", "b"], { train: flat, valid: flat, test: flat }))).toBeUndefined();
});

test("draws the classes that have examples beside each other, and then their means", () => {
  const white = Array.from({ length: 16 }, () => 1);
  const black = white.map(() => 0);
  const squares = labelledSplit("train", [...white, ...black], [0, 1], [4, 4]);
  const set = labelledDataset("squares", ["white", "black"], { train: squares, valid: squares, test: squares });
  const [examples, means] = sheetText(contactSheet(set)!);
  expect(examples).toBe("white  black\n⣿⣿");
  expect(means).toBe(examples);
});
