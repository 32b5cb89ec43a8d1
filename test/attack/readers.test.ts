import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cifar } from "./cifar.ts";
import { events } from "./events.ts";
import { imageFolders } from "./image-folders.ts";
import { images } from "./images.ts";
import { json } from "./json.ts";
import { measurements } from "./measurements.ts";
import { modelFiles } from "./model-files.ts";
import { predictFiles } from "./predict-files.ts";
import { strokes } from "./strokes.ts";
import { weights } from "./weights.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-readers-"));
});
afterAll(() => rm(folder, { recursive: true }));

test.each(
  [images, imageFolders, cifar, measurements, predictFiles, modelFiles, weights, ...json, strokes, events].map(
    (suite) => [suite.name, suite] as const,
  ),
)("hostile files of %s are read right or refused", async (_, suite) => {
  const { outcomes, faults } = await suite.run({ from: 0, cases: 60, folder, pack: "" });
  expect(faults).toEqual([]);
  // Both are there, or little would be tested.
  const { refused = 0, ...others } = outcomes;
  const read = Object.values(others).reduce((sum, count) => sum + count, 0);
  expect(Math.min(read, refused)).toBeGreaterThan(2);
});
