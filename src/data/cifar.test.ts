import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mlp } from "../models/index.ts";
import { train } from "../train/index.ts";
import { loadDataset } from "./index.ts";

const PLANE = 1024;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cifar-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** An image of class c: a bright square in a place of its own, in red, green or blue. */
function record(labels: readonly number[], noise: number): Uint8Array {
  const label = labels.at(-1)!;
  const bytes = new Uint8Array(labels.length + 3 * PLANE).map((_, i) => ((i * 37 + noise * 101) % 61) + 20);
  bytes.set(labels);
  const [top, left] = [8 * Math.floor((label % 10) / 3), 10 * (label % 3)];
  for (let y = top; y < top + 8; y++)
    for (let x = left; x < left + 10; x++) bytes[labels.length + (label % 3) * PLANE + y * 32 + x] = 220;
  return bytes;
}

const file = (name: string, records: readonly Uint8Array[], within = ""): void => {
  mkdirSync(join(dir, within), { recursive: true });
  writeFileSync(join(dir, within, name), Buffer.concat(records));
};

/** All files, with as many images each; labels go round. */
function writeAll(count: number, within = "", labelsOf: (i: number) => number[] = (i) => [i % 10]): void {
  for (let batch = 1; batch <= 5; batch++)
    file(
      `data_batch_${batch}.bin`,
      Array.from({ length: count }, (_, i) => record(labelsOf(i), i + batch)),
      within,
    );
  file(
    "test_batch.bin",
    Array.from({ length: count }, (_, i) => record(labelsOf(i), i + 77)),
    within,
  );
}

describe("cifar10", () => {
  test("has images [32, 32, 3] from 0 to 1, in the order of the files, the last tenth to validate", async () => {
    writeAll(10);
    const data = await loadDataset("cifar10", { dir });
    expect(data.fields.x.shape).toEqual([32, 32, 3]);
    expect(data.fields.label.classes!.slice(0, 4)).toEqual(["airplane", "automobile", "bird", "cat"]);
    expect([data.train.size, data.valid.size, data.test.size]).toEqual([45, 5, 10]);
    expect([...data.train.fields.label.data].slice(0, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect([...data.valid.fields.label.data]).toEqual([5, 6, 7, 8, 9]);
    const planes = record([7], 7 + 2).subarray(1);
    const image = data.train.fields.x.data.subarray(17 * 3072, 18 * 3072);
    expect([...image]).toEqual(
      Array.from({ length: 3072 }, (_, i) => Math.fround(planes[(i % 3) * PLANE + Math.floor(i / 3)]! / 255)),
    );
    const last = record([9], 9 + 5).subarray(1);
    expect(data.valid.fields.x.data.at(-1)).toBe(Math.fround(last.at(-1)! / 255));
    expect(data.splitNote).toBe(
      "50 training images: the first 45 to train on, the last 5 (a tenth) to validate; 10 to test.",
    );
    expect(data.warnings).toEqual([expect.stringContaining("data_batch_1.bin has 10 images")]);
  });

  test("takes a limit, and finds the folder of the archive", async () => {
    writeAll(10, "cifar-10-batches-bin");
    const data = await loadDataset("cifar10", { dir, limit: 12 });
    expect([data.train.size, data.valid.size, data.test.size]).toEqual([12, 5, 10]);
    expect([...data.valid.fields.label.data]).toEqual([5, 6, 7, 8, 9]);
    expect(data.splitNote).toContain("The limit omits 33.");
    const more = await loadDataset("cifar10", { dir, limit: 46 });
    expect(more.train.size).toBe(45);
    expect(more.warnings!.at(-1)).toContain("the limit of 46 is more than the 45 examples");
    await expect(loadDataset("cifar10", { dir, limit: 0 })).rejects.toThrow("data: limit must be");
  });

  test("can be learned by a small network", async () => {
    writeAll(40);
    const data = await loadDataset("cifar10", { dir });
    const model = mlp({ input: [32, 32, 3], hidden: [], classes: 10 });
    const { test: found } = await train(model, data, { epochs: 4, batch: 20, optimizer: { name: "sgd", rate: 0.05 } });
    expect(found.deterministic.error).toBeLessThan(5);
  });

  test("says where to get files that are missing, and which", async () => {
    await expect(loadDataset("cifar10", {})).rejects.toThrow(
      "data: CIFAR-10 needs its folder: get https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, unpack it, and name the folder with --data-dir FOLDER",
    );
    writeAll(2);
    rmSync(join(dir, "data_batch_3.bin"));
    rmSync(join(dir, "test_batch.bin"));
    await expect(loadDataset("cifar10", { dir })).rejects.toThrow(
      `data: ${dir} lacks data_batch_3.bin, test_batch.bin; get https://www.cs`,
    );
  });

  test("names the first file alone where the others are there", async () => {
    writeAll(2);
    rmSync(join(dir, "data_batch_1.bin"));
    await expect(loadDataset("cifar10", { dir })).rejects.toThrow(`data: ${dir} lacks data_batch_1.bin; get https`);
  });

  test.each<[string, () => void, string]>([
    [
      "a file that is short",
      () => file("data_batch_2.bin", [record([1], 1).subarray(0, 3000)]),
      "data_batch_2.bin must have 3073 bytes for each image, 30730000 for 10000, it has 3000: it is damaged or another file",
    ],
    ["an empty file", () => file("test_batch.bin", []), "test_batch.bin must have 3073 bytes for each image"],
    [
      "a label above 9",
      () => file("data_batch_4.bin", [record([1], 1), record([10], 1)]),
      "data_batch_4.bin, image 1 (counted from 0): the label must be in 0..9, it is 10",
    ],
  ])("refuses %s", async (_, change, message) => {
    writeAll(2);
    change();
    await expect(loadDataset("cifar10", { dir })).rejects.toThrow(message);
  });
});

describe("cifar100", () => {
  const write = (labels: (i: number) => number[]) => {
    file(
      "train.bin",
      Array.from({ length: 20 }, (_, i) => record(labels(i), i)),
    );
    file(
      "test.bin",
      Array.from({ length: 4 }, (_, i) => record(labels(i), i)),
    );
  };

  test("has the fine labels, or the coarse ones", async () => {
    write((i) => [i % 20, 3 * i]);
    const fine = await loadDataset("cifar100", { dir });
    expect([...fine.train.fields.label.data].slice(0, 4)).toEqual([0, 3, 6, 9]);
    expect(fine.fields.label.classes).toHaveLength(100);
    expect([fine.fields.label.classes![0], fine.fields.label.classes![99]]).toEqual(["apple", "worm"]);
    const coarse = await loadDataset("cifar100", { dir, labels: "coarse" });
    expect([...coarse.train.fields.label.data].slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(coarse.fields.label.classes).toHaveLength(20);
    expect(coarse.train.fields.x.data).toEqual(fine.train.fields.x.data);
    await expect(loadDataset("cifar100", { dir, labels: "odd" as "fine" })).rejects.toThrow(
      "labels must be one of fine, coarse",
    );
  });

  test("names the file that was cut, also where both have as many images as the test file should", async () => {
    const image = record([0, 5], 1);
    file("train.bin", Array(10_000).fill(image));
    file("test.bin", Array(10_000).fill(image));
    const { warnings } = await loadDataset("cifar100", { dir, limit: 10 });
    expect(warnings?.[0]).toBe("files are not as they were published: train.bin has 10000 images");
  });

  test("refuses labels outside of their classes", async () => {
    write((i) => [i === 3 ? 20 : 0, 0]);
    await expect(loadDataset("cifar100", { dir })).rejects.toThrow("the coarse label must be in 0..19, it is 20");
    write((i) => [0, i === 3 ? 100 : 0]);
    await expect(loadDataset("cifar100", { dir })).rejects.toThrow("the fine label must be in 0..99, it is 100");
  });
});
