import { describe, expect, test } from "vitest";
import { array, NdArray } from "../graph/index.ts";
import { checkDataset } from "./check.ts";
import type { Dataset, Field } from "./dataset.ts";
import { datasetFromArrays, inMemory, streamed, summarize } from "./index.ts";

/** Three sequences of four steps of two numbers, with a label at each step and lengths. */
const fields: Record<string, Field> = {
  x: { shape: [4, 2], dtype: "float32" },
  label: { shape: [4], dtype: "int32", classes: ["a", "b"] },
  lengths: { shape: [], dtype: "int32" },
};
const arrays = (labels = [0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1], lengths = [4, 1, 3]): Record<string, NdArray> => ({
  x: new NdArray(
    Float32Array.from({ length: 24 }, (_, i) => i),
    [3, 4, 2],
  ),
  label: new NdArray(Int32Array.from(labels), [3, 4]),
  lengths: array(Int32Array.from(lengths)),
});
const dataset = (given = arrays(), described: Record<string, Field> = fields): Dataset => {
  const split = (name: "train" | "valid" | "test") => ({ name, size: 3, fields: given });
  return {
    ...{ name: "steps", fields: described, splitNote: "" },
    ...{ train: split("train"), valid: split("valid"), test: split("test") },
  } as Dataset;
};

describe("a data set of sequences", () => {
  test("has labels of steps, and lengths from 1 to the steps of x", () => {
    checkDataset("own", dataset());
    checkDataset("own", dataset(), {
      label: { shape: [4], dtype: "int32", classes: 2 },
      lengths: { shape: [], dtype: "int32" },
    });
  });

  test.each<[string, Dataset, string]>([
    [
      "a length beyond the steps",
      dataset(arrays(undefined, [4, 5, 1])),
      "own: the train split of steps: lengths must be within [1, 4], row 1 is 5 (counted from 0)",
    ],
    ["a length of 0", dataset(arrays(undefined, [4, 1, 0])), "lengths must be within [1, 4], row 2 is 0"],
    [
      "a step's label outside",
      dataset(arrays([0, 0, 0, 1, 0, 0, 2, 0, 1, 1, 1, 1])),
      "label must be in 0..1, row 1, value 2 is 2",
    ],
    [
      "padding as a label",
      dataset(arrays([0, 0, 0, 1, 0, 0, 1, -100, 1, 1, 1, 1])),
      "label must be in 0..1, row 1, value 3 is -100 (counted from 0): padding has no label of its own; give a field lengths",
    ],
    [
      "labels of other steps",
      dataset({ ...arrays(), label: array(Int32Array.from([0, 0, 1])) }),
      "label must have the shape [3, 4], received [3]",
    ],
    [
      "lengths as floats",
      dataset(undefined, { ...fields, lengths: { shape: [], dtype: "float32" } }),
      "own: field lengths of steps must be int32 [], one number of steps for each sequence, it is float32 []",
    ],
    ["several lengths", dataset(undefined, { ...fields, lengths: { shape: [2], dtype: "int32" } }), "it is int32 [2]"],
    [
      "lengths that are classes",
      dataset(undefined, { ...fields, lengths: { shape: [], dtype: "int32", classes: ["1"] } }),
      "it is a label of classes",
    ],
    [
      "lengths without steps",
      dataset(undefined, { ...fields, x: { shape: [], dtype: "float32" } }),
      "field lengths of steps counts the steps of x, its first axis, and x has no axes",
    ],
    ["lengths without x", dataset(undefined, { lengths: fields.lengths! }), "its first axis, and x is not there"],
  ])("is refused with %s", (_, data, message) => {
    expect(() => checkDataset("own", data)).toThrow(message);
  });

  test("counts steps of classes in its summary, and has no warnings about their order or number", () => {
    const { splits, warnings } = summarize(dataset());
    expect(splits.train.fields.label).toEqual({ perClass: [7, 5] });
    expect(splits.train.fields.lengths!.values).toMatchObject({ min: 1, max: 4 });
    expect(warnings).toEqual([]);
    const labels = { ...fields, label: { ...fields.label!, classes: ["a", "b", "c"] } };
    expect(summarize(dataset(undefined, labels)).warnings).toEqual([]);
  });

  test("may be made of lists: a label for each step, lengths as whole numbers, splits without classes to keep in proportion", () => {
    const steps = Array.from({ length: 12 }, (_, i) => [[i], [i + 1]]);
    const data = datasetFromArrays({
      x: steps,
      label: steps.map((_, i) => [i % 2, 1]),
      lengths: steps.map((_, i) => 1 + (i % 2)),
    });
    expect(data.fields).toEqual({
      x: { shape: [2, 1], dtype: "float32" },
      label: { shape: [2], dtype: "int32", classes: ["0", "1"] },
      lengths: { shape: [], dtype: "int32" },
    });
    checkDataset("own", data);
    for (const { fields: found, size } of [data.train, data.valid, data.test])
      for (let i = 0; i < size; i++) {
        const first = found.x.data[2 * i]!;
        expect([...found.label.data.subarray(2 * i, 2 * i + 2), found.lengths.data[i]]).toEqual([
          first % 2,
          1,
          1 + (first % 2),
        ]);
      }
    expect(data.splitNote).not.toContain("in proportion");
  });

  test.each<[string, object, string]>([
    ["labels of other steps", { label: [[0, 1, 0], [0, 1, 0], [1, 1, 0]] }, "label must be one whole number for each example, or one for each of the 2 steps of x, received the shape [3, 3]"], // biome-ignore format: one line
    ["half a label", { label: [[0, 1], [0.5, 1], [1, 0]] }, "label must be whole numbers from 0, row 1, step 0 is 0.5"], // biome-ignore format: one line
    ["half a step", { lengths: [1, 2, 1.5] }, "lengths must be whole numbers from 0, row 2 is 1.5"],
    ["a length for each step", { lengths: [[1, 2], [1, 2], [1, 2]] }, "lengths must be one whole number for each example, received the shape [3, 2]"], // biome-ignore format: one line
    ["a length of 3", { lengths: [1, 2, 3] }, "lengths must be within [1, 2], row 2 is 3"],
  ])("is not made of lists with %s", (_, given, message) => {
    expect(() => datasetFromArrays({ x: [[[1], [2]], [[3], [4]], [[5], [6]]], ...given } as never)).toThrow(message); // biome-ignore format: one line
  });
});

describe("inMemory", () => {
  test("returns what is in memory as it is, and refuses a stream that isn't as it says", async () => {
    const data = dataset();
    expect(await inMemory(data)).toEqual(data);
    const train = streamed({ fields, batches: () => [arrays(undefined, [9, 1, 1])] });
    await expect(inMemory({ ...data, train })).rejects.toThrow(
      "data: steps: batch 0 of epoch 1: lengths must be within [1, 4], row 0 is 9",
    );
  });
});
