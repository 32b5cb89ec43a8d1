import { describe, expect, test } from "vitest";
import type { SplitName } from "./dataset.ts";
import { datasetFromArrays } from "./from-arrays.ts";
import { summarize } from "./summary.ts";
import { labelledDataset, labelledSplit } from "./testing.ts";

const splitOf = (name: SplitName, rows: readonly (readonly number[])[], labels: readonly number[]) =>
  labelledSplit(name, rows.flat(), labels);

/**
 * The inputs (½, ¼) stand twice in the training split, as b and as c, and twice in the test split, as b and as a: the
 * latter copy has a label that no training copy has.
 */
const splits = {
  train: splitOf(
    "train",
    [
      [0, 1],
      [0.5, 0.25],
      [0, 0],
      [0.5, 0.25],
    ],
    [0, 1, 2, 2],
  ),
  valid: splitOf(
    "valid",
    [
      [0, 0],
      [1, 1],
    ],
    [2, 0],
  ),
  test: splitOf(
    "test",
    [
      [0.5, 0.25],
      [1, 0],
      [0.5, 0.25],
      [1, 1],
      [0.25, 0.5],
    ],
    [1, 0, 0, 2, 1],
  ),
};
const dataset = labelledDataset("tiny", ["a", "b", "c"], splits, "by hand");

describe("summarize(dataset)", () => {
  const summary = summarize(dataset);

  test("counts examples by class, with classes that do not occur", () => {
    expect(summary.splits.train.fields.label?.perClass).toEqual([1, 1, 2]);
    expect(summary.splits.valid.fields.label?.perClass).toEqual([1, 0, 1]);
    expect(summary.splits.test).toMatchObject({ size: 5, fields: { label: { perClass: [2, 2, 1] } } });
  });

  test("gives the moments of the pixels over the whole split", () => {
    // 0, 1, ½, ¼, 0, 0, ½, ¼: sum 2.5, sum of squares 1.625.
    const { mean, sd, min, max, zeros } = summary.splits.train.fields.x!.values!;
    expect([mean, min, max, zeros]).toEqual([0.3125, 0, 1, 0.375]);
    expect(sd).toBeCloseTo(Math.sqrt(1.625 / 8 - 0.3125 ** 2), 15);
    expect(summary.splits.test.fields.x!.values!.min).toBe(0);
    expect(summary.splits.valid.fields.x!.values!.zeros).toBe(0.5);
  });

  test("finds the examples that a later split shares with an earlier one, and those with another label", () => {
    expect(summary.overlaps).toEqual([
      { splits: ["train", "valid"], examples: 1, otherLabel: 0 },
      { splits: ["train", "test"], examples: 2, otherLabel: 1 },
      { splits: ["valid", "test"], examples: 1, otherLabel: 1 },
    ]);
  });

  test("counts a shared input as of another label unless all its other fields are the same", () => {
    const part = (label: number, y: number) => ({ x: [[1, 2]], label: [label], y: [y] });
    const splits = { train: part(0, 1), valid: part(0, 2), test: part(0, 1) };
    const { overlaps } = summarize(datasetFromArrays(splits, { classes: { label: 2 } }));
    expect(overlaps.map(({ examples, otherLabel }) => [examples, otherLabel])).toEqual([
      [1, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  test("does not take examples with equal hashes for equal", () => {
    // 2¹⁷ random rows of two pixels meet in 32 bits of hash; none of the test rows is a training row.
    const count = 2 ** 17;
    const rows = (offset: number) =>
      Float32Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? (at >> 1) / 2 ** 18 : offset));
    const labels = new Int32Array(count);
    const split = (name: SplitName, offset: number) => labelledSplit(name, rows(offset), labels);
    const { overlaps } = summarize({
      ...dataset,
      train: split("train", 0.5),
      valid: split("valid", 0.75),
      test: split("test", 0.5 + 2 ** -20),
    });
    expect(overlaps.map(({ examples }) => examples)).toEqual([0, 0, 0]);
  });

  test("is a plain object", () => {
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });
});

test("images with several channels have the moments of each", () => {
  const split = labelledSplit("train", [0, 0.5, 1, 1, 0.5, 1], [0, 1], [1, 1, 3]);
  const { channels } = summarize(labelledDataset("c", ["a", "b"], { train: split, valid: split, test: split })).splits
    .train.fields.x!;
  expect(channels!.map(({ mean, sd, min, zeros }) => [mean, sd, min, zeros])).toEqual([
    [0.5, 0.5, 0, 0.5],
    [0.5, 0, 0.5, 0],
    [1, 0, 1, 0],
  ]);
});
