import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { array, NdArray } from "../graph/index.ts";
import { checkDataset, checkSplit, classifierNeeds } from "./check.ts";
import type { Dataset } from "./dataset.ts";
import { labelledDataset, labelledSplit } from "./testing.ts";

const split = (name: "train" | "valid" | "test") => labelledSplit(name, [0, 0.5, 1, 0.25], [1, 0]);
const splits = { train: split("train"), valid: split("valid"), test: split("test") };
const good: Dataset<"x" | "label"> = labelledDataset("own", ["a", "b"], splits);
/** The good data with one split's field replaced. */
const withField = (name: "train" | "valid" | "test", field: string, x: unknown) =>
  ({ ...good, [name]: { ...good[name], fields: { ...good[name].fields, [field]: x } } }) as Dataset;
const withSpec = (field: string, spec: unknown) =>
  ({ ...good, fields: { ...good.fields, [field]: spec } }) as unknown as Dataset;

describe("checkDataset", () => {
  test("takes a good data set, numbers of another realm and arrays of another copy of the library too", () => {
    checkDataset("own", good);
    checkDataset("own", withField("train", "x", new NdArray(runInNewContext("Float32Array.of(0, 0, 1, 1)"), [2, 2])));
    const { data, shape, dtype } = good.train.fields.x;
    const foreign = { data, shape, dtype, [Symbol.for("heaviside.kind")]: "array" };
    checkDataset("own", withField("train", "x", foreign));
  });

  test("takes fields of any name, type and shape", () => {
    const fields = { frames: new NdArray(new Float32Array(12), [2, 3, 2]), count: array(Int32Array.of(-5, 900)) };
    const part = { name: "train", size: 2, fields } as const;
    checkDataset("own", {
      ...{ name: "films", splitNote: "", train: part, valid: part, test: part },
      fields: { frames: { shape: [3, 2], dtype: "float32" }, count: { shape: [], dtype: "int32" } },
    });
  });

  test.each<[string, unknown, string]>([
    ["data", 5, "own: the data must be a data set, received 5"],
    ["fields", { ...good, fields: undefined }, "own: fields of own must describe each field, received undefined"],
    ["a field", withSpec("x", 2), "own: field x of own must be an object of shape, dtype and classes, received 2"],
    ["a shape", withSpec("x", { dtype: "int32" }), "x of own: shape must be an array of lengths, received undefined"],
    [
      "a length",
      withSpec("x", { shape: [2, 0], dtype: "float32" }),
      "x of own: shape must be a whole number at least 1",
    ],
    ["a type", withSpec("x", { shape: [2], dtype: "float64" }), 'dtype must be float32 or int32, received "float64"'],
    ["no class", withSpec("label", { shape: [], dtype: "int32", classes: [] }), "classes must be an array of at least"],
    ["a class of floats", withSpec("x", { ...good.fields.x, classes: ["a"] }), "a field with classes must be int32"],
    ["a split", { ...good, valid: undefined }, "the valid split of own must hold size and fields, received undefined"],
    ["size 0", { ...good, valid: { ...split("valid"), size: 0 } }, "own: the valid split of own must not be empty"],
    ["size", { ...good, valid: { ...split("valid"), size: 3 } }, "x must have the shape [3, 2], received [2, 2]"],
    ["rows", withField("test", "label", array(Int32Array.of(1))), "label must have the shape [2], received [1]"],
    [
      "a missing field",
      withField("test", "label", undefined),
      "own: the test split of own: label must be an NdArray int32[2], received undefined",
    ],
    [
      "bare numbers",
      withField("train", "x", new Float32Array(4)),
      'x must be an NdArray float32[2, 2], received a Float32Array of 4 numbers: array(values, { shape: [2, 2], dtype: "float32" }) makes one',
    ],
    [
      "another type",
      withField("train", "x", new NdArray(new Float64Array(4), [2, 2])),
      "x must be of type float32, received an NdArray float64[2, 2]",
    ],
    [
      "labels of fractions",
      withField("train", "label", array(Float32Array.of(1, 0.5))),
      "label must be of type int32, received an NdArray float32[2]: row 1 is 0.5, no whole number (counted from 0)",
    ],
    [
      "a value that isn't finite",
      withField("train", "x", array([0, 1, 2, Number.NaN], { shape: [2, 2] })),
      "own: the train split of own: x must be finite numbers, row 1, value 1 is NaN (counted from 0)",
    ],
    [
      "a label outside of the classes",
      withField("valid", "label", array(Int32Array.of(0, 2))),
      "own: the valid split of own: label must be in 0..1, row 1 is 2 (counted from 0)",
    ],
    ["a negative label", withField("valid", "label", array(Int32Array.of(-1, 0))), "row 0 is -1 (counted from 0)"],
  ])("refuses %s", (_, data, message) => {
    expect(() => checkDataset("own", data as Dataset)).toThrow(message);
  });

  test("looks at an array once, and again where it is asked to", () => {
    const x = array([0, 1, 0, 1], { shape: [2, 2] });
    const data = withField("train", "x", x);
    checkDataset("own", data);
    x.data[3] = Number.NaN;
    checkDataset("own", data);
    expect(() => checkDataset("own", data, {}, { again: true })).toThrow("row 1, value 1 is NaN");
  });

  test("holds fields to what a reader needs of them", () => {
    checkDataset("fit", good, { x: { shape: [2, 1], dtype: "float32", range: [0, 1] }, label: { dtype: "int32" } });
    for (const [needs, message] of [
      [{ y: { dtype: "float32" } }, "fit: own needs a field y; its fields are x, label"],
      [{ toString: { dtype: "float32" } }, "fit: own needs a field toString; its fields are x, label"],
      [{ x: { dtype: "int32" } }, "fit: field x of own must be int32, it is float32"],
      [{ x: { dtype: "float32", shape: [3] } }, "fit: field x of own must have 3 values [3] an example, it has 2 [2]"],
      [{ label: { dtype: "int32", classes: 3 } }, "fit: field label of own must have 3 classes, it has 2"],
      [
        { x: { dtype: "float32", range: [0, 0.75] } },
        "fit: the train split of own: x must be within [0, 0.75], row 1, value 0 is 1 (counted from 0)",
      ],
    ] as const)
      expect(() => checkDataset("fit", good, needs)).toThrow(message);
  });
});

test("checkSplit is the same check of one split", () => {
  const needs = classifierNeeds({ inputShape: [2], classes: 2 });
  checkSplit("score", split("valid"), needs);
  const outside = labelledSplit("valid", [0, 0, 0, 0], [0, 2]);
  expect(() => checkSplit("score", outside, needs)).toThrow(
    "score: the valid split: label must be in 0..1, row 1 is 2 (counted from 0)",
  );
});
