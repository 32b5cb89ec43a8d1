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

test("shows images of three channels in colours, and others by their mean brightness", () => {
  // Two pixels: red and white; the other image is black and blue.
  const colours = [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1];
  const of = (shape: number[], values: number[]) => {
    const split = labelledSplit("train", values, [0, 0], shape);
    return contactSheet(labelledDataset("colours", ["a", "b"], { train: split, valid: split, test: split }))!;
  };
  const sheet = of([1, 2, 3], colours);
  expect(sheet).toMatchObject({ height: 1, width: 2, channels: 3 });
  expect(sheet.classes[0]!.examples.map((x) => [...x])).toEqual([colours.slice(0, 6), colours.slice(6)]);
  expect([...sheet.classes[0]!.mean]).toEqual([0.5, 0, 0, 0.5, 0.5, 1]);
  const pairs = of([1, 2, 2], [0, 1, 1, 1, 0, 0, 0.5, 0]);
  expect(pairs.channels).toBe(1);
  expect(pairs.classes[0]!.examples.map((x) => [...x])).toEqual([
    [0.5, 1],
    [0, 0.25],
  ]);
  expect(sheetText(sheet)[0]).toContain("a\n");
});
