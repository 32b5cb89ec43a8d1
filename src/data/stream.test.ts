import { describe, expect, test } from "vitest";
import { array, NdArray } from "../graph/index.ts";
import { batches, shuffled } from "./batches.ts";
import { checkDataset } from "./check.ts";
import type { Split, StreamedBatch } from "./dataset.ts";
import { datasetFromArrays } from "./from-arrays.ts";
import { batchesOf, streamed } from "./stream.ts";

const fields = {
  x: { shape: [2], dtype: "float32" },
  label: { shape: [], dtype: "int32", classes: ["a", "b"] },
} as const;
type Names = "x" | "label";

/** Batch i of epoch e has the inputs (e, i), in as many rows as `sizes` says. */
const stream = (sizes: readonly number[], change: (batch: number) => object = () => ({})) =>
  streamed<Names>({
    fields,
    async *batches(epoch) {
      for (const [i, size] of sizes.entries()) {
        const x = Array.from({ length: size }, () => [epoch, i]);
        yield { x, label: new Int32Array(size), ...change(i) } as StreamedBatch<Names>;
      }
    },
  });

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of given) found.push(item);
  return found;
}
const at = { epoch: 3, size: 4, seed: 1 };

describe("batchesOf a split in memory", () => {
  const split: Split<"x"> = { name: "train", size: 7, fields: { x: array([0, 1, 2, 3, 4, 5, 6]) } };
  const values = async (skip?: number) =>
    (await all(batchesOf("train", split, { ...at, size: 3, ...(skip !== undefined && { skip }) }))).map((b) => b.index);

  test("is the epoch's shuffled examples, from the batch on that comes next", async () => {
    const expected = [...batches(split, 3, shuffled(7, 1, 3), { last: "keep" })].map(({ size }) => size);
    expect(expected).toEqual([3, 3, 1]);
    const seen: number[] = [];
    for await (const { fields } of batchesOf("train", split, { ...at, size: 3 })) seen.push(...fields.x.data);
    expect(seen).toEqual([...shuffled(7, 1, 3)]);
    const rest: number[] = [];
    for await (const { fields } of batchesOf("train", split, { ...at, size: 3, skip: 1 })) rest.push(...fields.x.data);
    expect(rest).toEqual(seen.slice(3));
    expect([await values(), await values(2), await values(3)]).toEqual([[0, 1, 2], [2], []]);
  });
});

describe("batchesOf a stream", () => {
  test("are its batches as arrays of the fields' types", async () => {
    const found = await all(batchesOf("train", stream([4, 2]), at));
    expect(found).toEqual([
      {
        index: 0,
        size: 4,
        places: Int32Array.of(0, 1, 2, 3),
        fields: {
          x: new NdArray(Float32Array.of(3, 0, 3, 0, 3, 0, 3, 0), [4, 2]),
          label: new NdArray(new Int32Array(4), [4]),
        },
      },
      {
        index: 1,
        size: 2,
        places: Int32Array.of(4, 5),
        fields: { x: new NdArray(Float32Array.of(3, 1, 3, 1), [2, 2]), label: new NdArray(new Int32Array(2), [2]) },
      },
    ]);
  });

  test("are asked for by epoch, size and seed, of a plain iterable too", async () => {
    const asked: unknown[] = [];
    const plain = streamed({
      fields: { x: fields.x },
      batches(...given) {
        asked.push(given);
        return [{ x: Float32Array.of(1, 2, 3, 4) }];
      },
    });
    expect((await all(batchesOf("train", plain, at)))[0]!.fields.x).toEqual(
      array([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(asked).toEqual([[3, 4, 1]]);
  });

  test("after a stop begin with the one that comes next, and those before are not looked at", async () => {
    const source = stream([4, 4, 2], (i) => (i === 0 ? { x: "damaged" } : {}));
    const rest = await all(batchesOf("train", source, { ...at, skip: 1 }));
    expect(rest.map(({ index, size }) => [index, size])).toEqual([
      [1, 4],
      [2, 2],
    ]);
    expect(await all(batchesOf("train", source, { ...at, skip: 3 }))).toEqual([]);
    await expect(all(batchesOf("train", source, { ...at, skip: 4 }))).rejects.toThrow(
      "train: the stream gave 3 batches in epoch 3, of which 4 were done before: it is no longer the same",
    );
  });

  test.each<[string, object, string]>([
    [
      "NaN",
      {
        x: [
          [0, 1],
          [2, Number.NaN],
          [0, 0],
          [0, 0],
        ],
      },
      "x must be finite numbers, row 1, value 1 is NaN (counted from 0)",
    ],
    ["a label outside", { label: Int32Array.of(0, 1, 2, 0) }, "label must be in 0..1, row 2 is 2 (counted from 0)"],
    [
      "a fraction",
      { label: [0, 1, 0.5, 0] },
      "label must be of type int32, received an NdArray float64[4]: row 2 is 0.5",
    ],
    ["another length", { label: Int32Array.of(0, 1) }, "label must have the shape [4], received [2]"],
    ["another shape", { x: [[1], [2], [3], [4]] }, "x must have the shape [4, 2], received [4, 1]"],
    [
      "whole numbers",
      { x: array([[1, 2]], { dtype: "int32" }) },
      "x must be of type float32, received an NdArray int32[1, 2]",
    ],
    ["a missing field", { x: undefined }, "x must be an NdArray, a typed array or a list of rows, received undefined"],
    ["texts", { label: ["a", "b", "a", "b"] }, "label must be numbers, received"],
  ])("refuse %s, naming the batch", async (_, change, message) => {
    const source = stream([4, 4], (i) => (i === 1 ? change : {}));
    await expect(all(batchesOf("train", source, at))).rejects.toThrow(`train: batch 1 of epoch 3: ${message}`);
  });

  test("refuse more examples than were asked for, none, and epochs without a batch", async () => {
    await expect(all(batchesOf("train", stream([5]), at))).rejects.toThrow(
      "train: batch 0 of epoch 3 must have 1 to 4 examples, it has 5",
    );
    await expect(all(batchesOf("train", stream([]), at))).rejects.toThrow("train: the stream gave no batch in epoch 3");
    const odd = streamed({ fields, batches: (() => 5) as never });
    await expect(all(batchesOf("train", odd, at))).rejects.toThrow(
      "batches of the stream must give an (async) iterable, received 5",
    );
    const empty = streamed({ fields, batches: (() => [5]) as never });
    await expect(all(batchesOf("train", empty, at))).rejects.toThrow(
      "batch 0 of epoch 3 must be an object with an array",
    );
  });
});

test.each<[unknown, string]>([
  [undefined, "streamed: the options must be an object of fields, batches and size, received undefined"],
  [
    { fields, batches: [], size: 3 },
    "streamed: batches must be a function that gives an (async) iterable, received []",
  ],
  [
    { fields: { x: 5 }, batches: () => [] },
    "streamed: field x of the stream must be an object of shape, dtype and classes",
  ],
  [{ fields, batches: () => [], size: 0.5 }, "streamed: size must be a whole number at least 1, received 0.5"],
  [
    { fields, batches: () => [], rows: 5 },
    "streamed: the options are fields, batches, size, contiguous, received rows",
  ],
])("streamed refuses %o", (options, message) => {
  expect(() => streamed(options as never)).toThrow(message);
});

test("checkDataset takes a stream to train on whose fields are the data set's", () => {
  const data = datasetFromArrays({
    x: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    label: ["a", "b", "a"],
  });
  checkDataset("train", { ...data, train: stream([4]) });
  const other = streamed({ fields: { ...fields, x: { shape: [3], dtype: "float32" } }, batches: () => [] });
  expect(() => checkDataset("train", { ...data, train: other })).toThrow(
    "train: the train split of arrays: x must be described as in arrays",
  );
});
