import { beforeAll, describe, expect, test } from "vitest";
import { checkDataset } from "../check.ts";
import type { LabelledDataset } from "../dataset.ts";
import { loadDataset } from "../index.ts";
import { hashOf, labelledDataset, labelledSplit } from "../testing.ts";
import { pixelOrder, sequential } from "./sequential-mnist.ts";

/** Two images of 2 by 3 in each split: pixels 0 to 5, and 6 to 11. */
const small = (): LabelledDataset => {
  const pixels = Array.from({ length: 12 }, (_, i) => i);
  const split = (name: "train" | "valid" | "test") => labelledSplit(name, pixels, [1, 0], [2, 3]);
  return labelledDataset("small", ["a", "b"], { train: split("train"), valid: split("valid"), test: split("test") });
};
const pixelsOf = (data: LabelledDataset): number[][] =>
  [data.train, data.valid, data.test].map(({ fields }) => [...fields.x.data]);

describe("images as sequences", () => {
  test("are read pixel by pixel or row by row, in the order of the image", () => {
    for (const [by, shape] of [
      ["pixel", [6, 1]],
      ["row", [2, 3]],
    ] as const) {
      const data = sequential(small(), by, undefined);
      checkDataset("test", data);
      expect(data.name).toBe("sequential-small");
      expect(data.fields.x.shape).toEqual(shape);
      expect(data.train.fields.x.shape).toEqual([2, ...shape]);
      expect(pixelsOf(data)).toEqual(pixelsOf(small()));
      expect(data.train.fields.label).toEqual(small().train.fields.label);
    }
  });

  test("are permuted alike in all images and splits: step t reads pixel order[t]", () => {
    const order = [...pixelOrder(6, 5)];
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    const expected = [...order, ...order.map((pixel) => pixel + 6)];
    for (const by of ["pixel", "row"] as const)
      expect(pixelsOf(sequential(small(), by, 5))).toEqual([expected, expected, expected]);
  });

  test("are refused where they have no rows and columns", () => {
    const flat = { ...small(), fields: { ...small().fields, x: { shape: [6], dtype: "float32" as const } } };
    expect(() => sequential(flat, "row", undefined)).toThrow("the images must have rows and columns, received [6]");
  });
});

describe("pixelOrder(784, seed)", () => {
  test("is a bijection, the same for a seed on any machine, and another for another seed", () => {
    for (const seed of [0, 1, 2 ** 32 - 1]) {
      const order = pixelOrder(784, seed);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 784 }, (_, i) => i));
    }
    expect([...pixelOrder(784, 0).subarray(0, 6)]).toEqual([43, 361, 505, 616, 230, 181]);
    expect(pixelOrder(784, 1)).not.toEqual(pixelOrder(784, 0));
  });
});

describe("sequential-mnist", () => {
  let permuted: LabelledDataset;
  beforeAll(async () => {
    permuted = await loadDataset("sequential-mnist", { permuted: 0, limit: 100 });
  });

  test("is MNIST with its pixels in the order of the permutation", async () => {
    const mnist = await loadDataset("mnist", { limit: 100 });
    const order = pixelOrder(784, 0);
    expect(permuted.fields.x.shape).toEqual([784, 1]);
    for (const example of [0, 99])
      for (let step = 0; step < 784; step++)
        if (
          permuted.train.fields.x.data[example * 784 + step] !== mnist.train.fields.x.data[example * 784 + order[step]!]
        )
          expect.fail(`example ${example}, step ${step}`);
    expect(hashOf(permuted.test.fields.label)).toBe(hashOf(mnist.test.fields.label));
    expect(permuted.splitNote).toBe(`${mnist.splitNote} Read as 784 steps of 1, pixels permuted by seed 0.`);
    expect(permuted.drawing).toMatch(/^.{79}\nlabel 5$/);
  });

  test.each([
    [{ images: "cifar" }, 'data: sequential-mnist: images must be one of mnist, fashion-mnist, received "cifar"'],
    [{ by: "column" }, 'data: sequential-mnist: by must be one of pixel, row, received "column"'],
    [{ permuted: true }, "data: sequential-mnist: permuted must be a whole number at least 0"],
    [{ classes: 3 }, "data: the options are images, by, permuted, dir, limit, received classes"],
    [{ dir: "/nowhere" }, "data: /nowhere does not exist"],
  ])("refuses %o", async (options, message) => {
    await expect(loadDataset("sequential-mnist", options as object)).rejects.toThrow(message);
  });
});
