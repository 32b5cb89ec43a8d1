import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkDataset } from "../check.ts";
import { loadDataset } from "../index.ts";
import { strokesFrom } from "./strokes.ts";

// Files of the package's form. The points of 三 are those that Make Me a Hanzi gives.
const files: Record<string, unknown> = {
  一: { strokes: ["M 518 382 Z"], medians: [[[105, 402], [166, 383], [889, 408]]] }, // biome-ignore format: one line
  二: { strokes: [], medians: [[[236, 652], [786, 656]], [[126, 161], [898, 161]]] }, // biome-ignore format: one line
  三: { strokes: [], medians: [[[250, 696], [737, 738]], [[302, 410], [681, 436]], [[107, 78], [928, 76]]] }, // biome-ignore format: one line
  "𠀀": { medians: [[[0, 900], [0, 0]]], radStrokes: [0] }, // biome-ignore format: one line
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "heaviside-strokes-"));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(root, `${name}.json`), JSON.stringify(content));
  await writeFile(join(root, "package.json"), "{}");
  await writeFile(join(root, "all.json"), "no character");
});
afterAll(() => rm(root, { recursive: true }));

describe("strokes", () => {
  test("are the middle lines of a folder's characters, resampled, with y downwards", async () => {
    const data = await loadDataset("strokes", { dir: root, spacing: 300 });
    checkDataset("test", data);
    expect(data.splitNote).toMatch(/^4 drawings: 2 to train on, 1 to validate, 1 to test, drawn by seed 0/);
    // 一 is 3 parts, 二 2 + 3 and the way between, 三 2 + 1 + 3 and two ways, 𠀀 3: steps are one fewer than points.
    const lengths = [data.train, data.valid, data.test].flatMap(({ fields }) => [...fields.lengths.data]);
    expect(lengths.sort((a, b) => a - b)).toEqual([3, 3, 6, 8]);
    const down = await loadDataset("strokes", { dir: root, characters: "𠀀一三", spacing: 2000 });
    const ways = [down.train, down.valid, down.test].flatMap(({ fields }) => [...fields.y.data.subarray(0, 3)]);
    // Only 𠀀 goes straight down.
    expect(ways.filter((_, at) => at % 3 === 1 && ways[at - 1] === 0 && ways[at]! > 0).length).toBe(1);
  });

  test("of some characters are those, whatever their order", async () => {
    const [a, b] = [
      await loadDataset("strokes", { dir: root, characters: "一二三" }),
      await loadDataset("strokes", { dir: root, characters: "三一二一" }),
    ];
    expect(a).toEqual(b);
    expect(a.train.size + a.valid.size + a.test.size).toBe(3);
  });

  test("say what to install when the package is not there", async () => {
    await expect(strokesFrom("hanzi-that-is-not-here").load({})).rejects.toThrow(
      "data: the package hanzi-that-is-not-here is not installed; install it with `npm install hanzi-writer-data`, or name a folder that has its files with --data-dir FOLDER",
    );
  });

  test.each<[string, unknown, string]>([
    ["no medians", {}, "must have medians, a list of points [x, y] for each stroke, received undefined"],
    ["an empty stroke", { medians: [[]] }, "must have medians"],
    ["a point of three numbers", { medians: [[[1, 2, 3]]] }, "must have medians"],
    ["a text for a number", { medians: [[["1", 2]]] }, "must have medians"],
    ["null", null, "must have medians"],
  ])("are refused with %s in a file", async (_, content, message) => {
    const dir = await mkdtemp(join(root, "bad-"));
    await writeFile(join(dir, "八.json"), JSON.stringify(content));
    await expect(loadDataset("strokes", { dir })).rejects.toThrow(message);
    await expect(loadDataset("strokes", { dir })).rejects.toThrow("八.json");
  });

  test("are refused for a file that isn't JSON, a folder without characters, none, and characters that it lacks", async () => {
    const dir = await mkdtemp(join(root, "bad-"));
    await expect(loadDataset("strokes", { dir })).rejects.toThrow("has no file of a character, such as 永.json");
    await writeFile(join(dir, "八.json"), '{"medians": [[');
    await expect(loadDataset("strokes", { dir })).rejects.toThrow("八.json:1:15: must be JSON");
    await expect(loadDataset("strokes", { dir: "/nowhere" })).rejects.toThrow("data: /nowhere does not exist");
    await expect(loadDataset("strokes", { dir: root, characters: "一abc" })).rejects.toThrow(
      `characters must be some of the 4 that ${root} has, received "abc"`,
    );
  });
});
