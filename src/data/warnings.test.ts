import { describe, expect, test } from "vitest";
import { shuffled } from "./batches.ts";
import { floats, type LabelledSplit, type SplitName } from "./dataset.ts";
import { summarize } from "./summary.ts";
import { labelledDataset, labelledSplit } from "./testing.ts";
import { grouping } from "./warnings.ts";

/** Labels in random order, with as many of each class as `counts` says. */
function mixed(counts: readonly number[], seed = 1): number[] {
  const sorted = counts.flatMap((count, label) => new Array<number>(count).fill(label));
  return Array.from(shuffled(sorted.length, seed, 0), (at) => sorted[at]!);
}

let pixel = 0;
const split = (name: SplitName, labels: readonly number[], inputs?: Float32Array): LabelledSplit =>
  labelledSplit(name, inputs ?? new Float32Array(2 * labels.length).map(() => (pixel = (pixel + 0.377) % 1)), labels);

function warningsFor(
  train: LabelledSplit,
  valid: LabelledSplit,
  test: LabelledSplit,
  { classes = ["ape", "bee", "cat", "dog"], warnings }: { classes?: string[]; warnings?: string[] } = {},
): readonly string[] {
  const data = labelledDataset("made", classes, { train, valid, test });
  return summarize({ ...data, ...(warnings && { warnings }) }).warnings;
}

const even = [20, 20, 20, 20];
const [train, valid, held] = [
  split("train", mixed(even)),
  split("valid", mixed(even, 2)),
  split("test", mixed(even, 3)),
];

describe("the warnings of a summary", () => {
  test("are none for a data set in random order with all classes", () => {
    expect(warningsFor(train, valid, held)).toEqual([]);
  });

  test("begin with what the files had", () => {
    expect(warningsFor(train, valid, held, { warnings: ["odd"] })).toEqual(["odd"]);
  });

  test("name a split that is sorted by class", () => {
    const sorted = split("test", mixed(even).sort());
    expect(warningsFor(train, valid, sorted)).toEqual([
      "test split: examples are sorted or grouped by class (4 runs of one class, about 61 in random order)",
    ]);
  });

  test("name classes that a split lacks, and those that can't be learned", () => {
    expect(
      warningsFor(
        split("train", mixed([20, 0, 20, 20])),
        split("valid", mixed([5, 5, 0, 5])),
        split("test", mixed([0, 0, 9, 9])),
      ),
    ).toEqual([
      "the training split lacks class bee, which other splits have: it can't be learned",
      "the validation split lacks class cat",
      "the test split lacks classes ape, bee",
    ]);
  });

  test("name labels that are skipped, and those that never come", () => {
    const skip = [20, 20, 0, 20];
    expect(warningsFor(split("train", mixed(skip)), split("valid", mixed(skip)), split("test", mixed(skip)))).toEqual([
      "the labels skip class cat: no split has an example of that label, and later labels occur",
    ]);
    const classes = Array.from({ length: 30 }, (_, i) => `${i}`);
    const [message, ...rest] = warningsFor(train, valid, held, { classes });
    expect(rest).toEqual([]);
    expect(message).toBe(
      "no split has an example of classes 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 16 more: there may be fewer classes than 30",
    );
  });

  test("name classes of which one has ten times the examples of the other", () => {
    expect(warningsFor(split("train", mixed([50, 5, 20, 20])), valid, held)).toEqual([
      "the classes of the training split differ in size: 50 examples of ape, 5 of bee",
    ]);
    expect(warningsFor(split("train", mixed([49, 5, 20, 20])), valid, held)).toEqual([]);
  });

  test("count inputs that are constant, and name a split whose inputs are all the same", () => {
    const inputs = floats(train.fields.x).slice();
    inputs.fill(0.5, 4, 8);
    expect(warningsFor(split("train", mixed(even), inputs), valid, held)).toEqual([
      "training split: 2 of 80 inputs are constant, all their values are the same",
    ]);
    const same = new Float32Array(160).map((_, i) => (i % 2) / 2);
    expect(
      warningsFor(train, split("valid", mixed(even), same), split("test", mixed(even), new Float32Array(160))),
    ).toEqual(["validation split: all 80 inputs are the same", "test split: all 80 inputs are the same"]);
  });
});

describe("grouping", () => {
  const found = (labels: readonly number[], classes = 10) =>
    grouping(Int32Array.from(labels), classes, "labels").length;

  test("finds files that are sorted up, down, in blocks, or shard by shard", () => {
    const sorted = mixed(new Array(10).fill(120)).sort((a, b) => a - b);
    expect(found(sorted)).toBe(1);
    expect(found(sorted.toReversed())).toBe(1);
    expect(found(sorted.map((label) => (label * 7) % 10))).toBe(1);
    expect(found(Array.from({ length: 1200 }, (_, i) => Math.floor((i % 120) / 12)))).toBe(1);
  });

  test("finds nothing in files that are shuffled, alternate, are tiny, or have one class", () => {
    // A false alarm has a probability of 3e-5 each; the seeds are fixed.
    for (let seed = 0; seed < 200; seed++) {
      expect(found(mixed([120, 60, 30, 400, 7, 0, 1, 1, 2, 90], seed))).toBe(0);
      expect(found(mixed([6, 6], seed), 2)).toBe(0);
    }
    expect(found(Array.from({ length: 300 }, (_, i) => i % 10))).toBe(0);
    for (const labels of [[0], [0, 1], [0, 0, 1], new Array(50).fill(3)]) expect(found(labels)).toBe(0);
  });
});
