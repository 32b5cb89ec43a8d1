import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { checkDataset, checkSplit } from "./check.ts";
import type { Dataset } from "./dataset.ts";

const split = (name: "train" | "valid" | "test") => ({
  name,
  size: 2,
  inputs: Float32Array.of(0, 0.5, 1, 0.25),
  labels: Int32Array.of(1, 0),
});
const good: Dataset = {
  ...{ name: "own", classes: 2, classNames: ["a", "b"], inputShape: [2], splitNote: "by hand" },
  ...{ train: split("train"), valid: split("valid"), test: split("test") },
};

describe("checkDataset", () => {
  test("takes a good data set, arrays of another realm too", () => {
    checkDataset("own", good);
    const other = {
      ...split("train"),
      inputs: runInNewContext("Float32Array.of(0, 0, 1, 1)"),
      labels: runInNewContext("Int32Array.of(0, 1)"),
    };
    checkDataset("own", { ...good, train: other });
  });

  test.each<[object, string]>([
    [{ classes: 0 }, "own: classes of own must be a whole number at least 1, received 0"],
    [{ classes: Number.NaN }, "own: classes of own must be a whole number at least 1, received NaN"],
    [{ inputShape: 2 }, "own: inputShape of own must be a shape, received 2"],
    [{ inputShape: [2, 0] }, "own: inputShape of own must be a whole number at least 1, received 0"],
    [{ valid: undefined }, "own: the valid split of own must hold size, inputs and labels, received undefined"],
    [{ valid: { ...split("valid"), size: 0 } }, "own: the valid split of own must not be empty"],
    [{ valid: { ...split("valid"), size: 3 } }, "inputs must hold 6 numbers (3 rows of 2), received 4"],
    [
      { test: { ...split("test"), inputs: new Float32Array(6) } },
      "inputs must hold 4 numbers (2 rows of 2), received 6",
    ],
    [{ test: { ...split("test"), labels: new Int32Array(1) } }, "labels must hold 2 numbers (2 rows), received 1"],
    [
      { train: { ...split("train"), inputs: new Float64Array(4) } },
      "inputs must be of type Float32Array, received a Float64Array: Float32Array.from(…) makes one",
    ],
    [
      { train: { ...split("train"), inputs: [0, 0, 0, 0] } },
      "inputs must be of type Float32Array, received an Array: Float32Array.from(…) makes one",
    ],
    [
      { train: { ...split("train"), labels: Float32Array.of(1, 0.5) } },
      "labels must be of type Int32Array, received a Float32Array whose row 1 (counted from 0) is 0.5, no whole number",
    ],
    [
      { train: { ...split("train"), labels: [1, Number.NaN] } },
      "labels must be of type Int32Array, received an Array whose row 1 (counted from 0) is NaN, no whole number",
    ],
    [{ train: { ...split("train"), labels: "01" } }, 'labels must be of type Int32Array, received "01"'],
  ])("refuses %o", (change, message) => {
    expect(() => checkDataset("own", { ...good, ...change })).toThrow(message);
  });

  test("looks at an array once, and again where it is asked to", () => {
    const inputs = Float32Array.of(0, 1, 0, 1);
    const data = { ...good, train: { ...split("train"), inputs } };
    checkDataset("own", data);
    inputs[3] = Number.NaN;
    checkDataset("own", data);
    expect(() => checkDataset("own", data, { again: true })).toThrow("row 1, value 1 is NaN");
  });
});

test("checkSplit is the same check of one split", () => {
  const form = { features: 2, classes: 2 };
  checkSplit("score", split("valid"), form);
  const outside = { ...split("valid"), labels: Int32Array.of(0, 2) };
  expect(() => checkSplit("score", outside, form)).toThrow(
    "score: the valid split: labels must be in 0..1, row 1 (counted from 0) has 2",
  );
});
