import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { series } from "./series.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "series-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("a series goes on in the last folder with its plan, until that has a report", async () => {
  expect(await series(root, { a: 1, threads: 2 })).toEqual({ folder: join(root, "1"), resumed: false });
  expect(await series(root, { a: 1, threads: 4 })).toEqual({ folder: join(root, "1"), resumed: true });
  expect(await series(root, { a: 2 })).toEqual({ folder: join(root, "2"), resumed: false });
  await writeFile(join(root, "2", "report.html"), "");
  expect(await series(root, { a: 2 })).toEqual({ folder: join(root, "3"), resumed: false });
});

test("a folder whose process was killed before it wrote its plan is begun again", async () => {
  await mkdir(join(root, "1"));
  await writeFile(join(root, "1", "plan.json.0.unfinished"), "{");
  expect(await series(root, { a: 1 })).toEqual({ folder: join(root, "1"), resumed: false });
  expect(await readdir(join(root, "1"))).toEqual(["plan.json"]);
  // With anything else in it, it is somebody's.
  await mkdir(join(root, "2"));
  await writeFile(join(root, "2", "notes"), "");
  expect(await series(root, { a: 1 })).toEqual({ folder: join(root, "3"), resumed: false });
});
