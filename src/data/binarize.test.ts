import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NdArray } from "../graph/index.ts";
import { binarised, featureMeans } from "./binarize.ts";
import { floats, type LabelledSplit, type SplitName } from "./dataset.ts";
import { labelledDataset, labelledSplit } from "./testing.ts";

const xOf = ({ fields }: Pick<LabelledSplit, "fields">) => floats(fields.x);

const dataset = (inputs: ArrayLike<number>, size: number) => {
  const split = (name: SplitName) => labelledSplit(name, inputs, new Int32Array(size));
  return labelledDataset("toy", ["0", "1"], { train: split("train"), valid: split("valid"), test: split("test") });
};
const constantly = (p: number, count: number) => dataset(new Float32Array(count).fill(p), 1);

describe("binarised", () => {
  test("is fixed: these are the bits of seed 1", () => {
    const { train, valid, test } = binarised(constantly(0.3, 1000), 1);
    const hash = createHash("sha256");
    for (const split of [train, valid, test]) hash.update(xOf(split).map(Number).join(""));
    expect(hash.digest("hex").slice(0, 16)).toBe("7ce6181f1a11256c");
  });

  test("leaves black and white as they are, and gives nothing else", () => {
    const gray = Float32Array.from({ length: 999 }, (_, i) => (i % 3) / 2);
    const inputs = xOf(binarised(dataset(gray, 1), 4).train);
    inputs.forEach((bit, i) => {
      expect([0, 1]).toContain(bit);
      if (gray[i] !== 0.5) expect(bit).toBe(gray[i]);
    });
  });

  test("a pixel's bit depends on its gray level, its place, the split and the seed alone", () => {
    const all = binarised(constantly(0.5, 1001), 7);
    const sparse = Float32Array.from({ length: 1001 }, (_, i) => (i % 7 === 0 ? 0.5 : i % 2));
    const inputs = xOf(binarised(dataset(sparse, 1), 7).train);
    for (let i = 0; i < 1001; i += 7) expect(inputs[i]).toBe(xOf(all.train)[i]);
    const fewer = binarised(constantly(0.5, 500), 7);
    expect(xOf(fewer.train)).toEqual(xOf(all.train).slice(0, 500));
    const others = [all.valid, all.test, binarised(constantly(0.5, 1001), 8).train];
    // Bits of independent draws agree at 1001/2 places, give or take 16: not within 6 standard deviations by chance in 10⁸.
    for (const other of others) {
      const equal = xOf(other).filter((bit, i) => bit === xOf(all.train)[i]).length;
      expect(Math.abs(equal - 500.5)).toBeLessThan(6 * Math.sqrt(1001 / 4));
    }
  });

  test("is 1 as often as the gray level says", () => {
    for (const p of [0.01, 0.3, 0.98]) {
      const count = 40_000;
      const [rate] = featureMeans({
        fields: { x: new NdArray(xOf(binarised(constantly(p, count), 2).train), [count, 1]) },
        size: count,
      });
      // Six standard errors: a right one fails once in 10⁸ seeds, and the seed is fixed.
      expect(Math.abs(rate! - p)).toBeLessThan(6 * Math.sqrt((p * (1 - p)) / count));
    }
  });

  test("says so in the name and the note", () => {
    const { name, splitNote } = binarised(constantly(0.5, 4), 3);
    expect(name).toBe("toy-binarised");
    expect(splitNote).toContain("drawn once with seed 3");
  });
});

test("featureMeans: the mean of each feature", () => {
  expect(Array.from(featureMeans(labelledSplit("train", [1, 0, 0, 0.5, 1, 1], [0, 0])))).toEqual([0.75, 0.5, 0.5]);
});
