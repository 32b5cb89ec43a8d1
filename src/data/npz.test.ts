import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { heaviside } from "../cli/testing.ts";
import { type EncodableNpy, encodeNpz } from "../formats/npy.ts";
import { loadDataset } from "./index.ts";
import type { NpzOptions } from "./npz.ts";
import { stratifiedParts } from "./split.ts";

const folder = mkdtempSync(join(tmpdir(), "npz-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const load = (arrays: Readonly<Record<string, EncodableNpy>>, options: NpzOptions = {}) => {
  const file = join(folder, `${files++}.npz`);
  writeFileSync(file, encodeNpz(new Map(Object.entries(arrays))));
  return loadDataset("npz", { file, ...options });
};

/** n images of 2 × 2 whose pixels are 10 times their class, of three classes in turn. */
const images = (n: number, first = 0): EncodableNpy => ({
  shape: [n, 2, 2],
  data: Uint8Array.from({ length: 4 * n }, (_, i) => 10 * ((Math.floor(i / 4) + first) % 3)),
});
const labels = (n: number, first = 0): EncodableNpy => ({
  ...{ shape: [n], type: "int64" },
  data: Float64Array.from({ length: n }, (_, i) => (i + first) % 3),
});
const keras = { x_train: images(60), y_train: labels(60), x_test: images(6, 1), y_test: labels(6, 1) };

test("arrays as keras has them: bytes are pixels, a sixth validates with each class in proportion", async () => {
  const data = await load(keras);
  expect([data.train.size, data.valid.size, data.test.size]).toEqual([50, 10, 6]);
  expect(data.fields.x).toEqual({ shape: [2, 2], dtype: "float32" });
  for (const { fields, size } of [data.train, data.valid, data.test]) {
    const { x, label } = fields as typeof data.train.fields & { label: typeof fields.x };
    for (let i = 0; i < size; i++)
      expect(Array.from(x.data.subarray(4 * i, 4 * i + 4))).toEqual(
        Array.from({ length: 4 }, () => Math.fround((10 * label.data[i]!) / 255)),
      );
    const counts = [0, 1, 2].map((c) => label.data.filter((one: number) => one === c).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
  const [rows] = stratifiedParts(Int32Array.from(labels(60).data), 3, [10, 50], 0);
  expect(Array.from((data.valid.fields as { label: typeof data.valid.fields.x }).label.data)).toEqual(
    Array.from(rows!, (row) => row % 3),
  );
  const again = await load(keras, { limit: 20, splitSeed: 0 });
  expect([again.train.size, again.valid.fields.x.data]).toEqual([20, data.valid.fields.x.data]);
});

test("a validation split of its own stays as it is, and a target [N, 1] is one number an example", async () => {
  const y_train: EncodableNpy = { shape: [60, 1], data: Uint8Array.from(labels(60).data) };
  const data = await load({ ...keras, y_train, x_val: images(5, 2), y_val: labels(5, 2) }, { limit: 7 });
  expect([data.train.size, data.valid.size]).toEqual([7, 5]);
  expect(Array.from((data.valid.fields as { label: typeof data.valid.fields.x }).label.data)).toEqual([2, 0, 1, 2, 0]);
});

test("x and y are split by a seed; floats are values to predict", async () => {
  const x: EncodableNpy = { shape: [12, 2], data: Float64Array.from({ length: 24 }, (_, i) => i) };
  const y: EncodableNpy = { shape: [12], data: Float32Array.from({ length: 12 }, (_, i) => i / 2) };
  const data = await load({ x, y });
  expect([data.train.size, data.valid.size, data.test.size]).toEqual([8, 2, 2]);
  expect((data.fields as { y?: unknown }).y).toEqual({ shape: [1], dtype: "float32" });
  for (const { fields } of [data.train, data.valid, data.test])
    expect(Array.from((fields as { y: typeof fields.x }).y.data)).toEqual(
      Array.from(
        fields.x.data.filter((_: number, i: number) => i % 2 === 0),
        (value) => value / 4,
      ),
    );
  const whole = await load(
    { x, y: { shape: [12], data: Int32Array.from({ length: 12 }, (_, i) => i) } },
    { as: "values" },
  );
  expect(Object.keys(whole.fields)).toEqual(["x", "y"]);
});

test.each<[string, Readonly<Record<string, EncodableNpy>>, NpzOptions?]>([
  ["must have x and y, or x_train, y_train, x_test and y_test, received a", { a: images(3) }],
  ["must have x and y, or x_train, y_train, x_test and y_test, received x_train, y_train", { x_train: images(3), y_train: labels(3) }], // biome-ignore format: one line
  ["must have both x_test and y_test", { x_train: images(3), y_train: labels(3), x_test: images(3) }],
  ["has x_test, so test must be omitted, received 0.5", keras, { test: 0.5 }],
  ["x_train and y_train must have as many rows, received 60 and 59", { ...keras, y_train: labels(59) }],
  ["limit must be a whole number", keras, { limit: 51 }],
  ["label", { ...keras, y_test: { shape: [6], data: Int32Array.of(0, 1, 2, -1, 0, 0) } }],
  ["data: as must be values or classes", keras, { as: "words" as never }],
])("%s", async (message, arrays, options) => {
  await expect(load(arrays, options)).rejects.toThrow(message);
});

test("train --data FILE.npz", async () => {
  const file = join(folder, "digits.npz");
  writeFileSync(file, encodeNpz(new Map(Object.entries(keras))));
  const { code, out } = await heaviside("train", "--data", file, "--epochs", "1", "--hidden", "4", "--batch", "10", "--backend", "reference", "--no-out", "--json"); // biome-ignore format: one line
  expect([code, JSON.parse(out).parameters]).toEqual([0, 4 * 4 + 4 + 4 * 3 + 3]);
  writeFileSync(file, "PK nonsense");
  const { err } = await heaviside("data", "npz", "--file", file);
  expect(err).toMatch(/^heaviside: zip: .*digits\.npz is not a ZIP file, or is cut off/);
});
