import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { folderForEachTest } from "../../test/support/temporary.ts";
import { runFinder } from "./finder.ts";

let folder: string;
folderForEachTest((path) => {
  folder = path;
});

const add = (...names: readonly string[]): void => {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "{}");
  }
};
const finderAt = (path: string) => {
  const finder = runFinder(join(folder, path), "plan.json");
  const short = (paths: readonly string[]) => paths.map((found) => found.slice(folder.length + 1));
  return {
    runs: async () => short((await finder.find()).runs),
    named: async () => short((await finder.find()).named),
    forget: (run: string) => finder.forget(join(folder, run)),
  };
};
/** Folders that were changed long ago, so that they need not be listed again. */
const age = (...names: readonly string[]): void => {
  for (const name of names) utimesSync(join(folder, name), 1e9, 1e9);
};

test("finds runs up to two folders deep, by number, and follows no link", async () => {
  add(...["b/seed-10", "b/seed-9", "a", "c/d/e"].map((name) => `runs/${name}/config.json`));
  symlinkSync(join(folder, "runs/c/d"), join(folder, "runs/link"));
  expect(await finderAt("runs").runs()).toEqual(["runs/a", "runs/b/seed-9", "runs/b/seed-10"]);
  expect(await finderAt("runs/a").runs()).toEqual(["runs/a"]);
  expect(await finderAt("none").runs()).toEqual([]);
});

test("finds folders with a marker, and runs two folders below them", async () => {
  add("runs/rates/plan.json", "runs/rates/trials/1-a/config.json", "runs/x/trials/1-a/config.json");
  for (const path of ["runs", "runs/rates"]) {
    expect(await finderAt(path).named()).toEqual(["runs/rates"]);
    expect(await finderAt(path).runs()).toEqual(["runs/rates/trials/1-a"]);
  }
});

test("sees what comes, goes and is replaced, in folders that it has listed", async () => {
  const runs = finderAt("runs");
  expect(await runs.runs()).toEqual([]);
  add("runs/rates/trials/1-a/config.json");
  expect(await runs.runs()).toEqual([]);
  add("runs/rates/plan.json", "runs/b/other.txt");
  expect(await runs.runs()).toEqual(["runs/rates/trials/1-a"]);
  age("runs", "runs/b", "runs/rates", "runs/rates/trials");
  expect(await runs.runs()).toEqual(["runs/rates/trials/1-a"]);
  add("runs/rates/trials/2-b/config.json", "runs/b/config.json");
  expect(await runs.runs()).toEqual(["runs/b", "runs/rates/trials/1-a", "runs/rates/trials/2-b"]);
  age("runs", "runs/rates", "runs/rates/trials");
  await runs.runs();
  rmSync(join(folder, "runs/rates/trials/1-a"), { recursive: true });
  expect(await runs.runs()).toEqual(["runs/b", "runs/rates/trials/2-b"]);
  renameSync(join(folder, "runs/b"), join(folder, "elsewhere"));
  symlinkSync(join(folder, "elsewhere"), join(folder, "runs/b"));
  expect(await runs.runs()).toEqual(["runs/rates/trials/2-b"]);
});

test("lists no folder again that didn't change, and a run's when it is asked for", async () => {
  add("runs/a/config.json", "runs/b/config.json", "runs/b/plan.json");
  const runs = finderAt("runs");
  await runs.runs();
  age("runs");
  await runs.runs();
  rmSync(join(folder, "runs/a"), { recursive: true });
  age("runs");
  expect(await runs.runs()).toEqual(["runs/a", "runs/b"]);
  rmSync(join(folder, "runs/b/config.json"));
  expect(await runs.runs()).toEqual(["runs/a", "runs/b"]);
  // Nor is a run's own folder where the one above it is listed again.
  add("runs/c/config.json");
  expect(await runs.runs()).toEqual(["runs/b", "runs/c"]);
  runs.forget("runs/b");
  expect([await runs.runs(), await runs.named()]).toEqual([["runs/c"], ["runs/b"]]);
});

test("lists a folder again that changed a moment ago: another change may have the same time", async () => {
  mkdirSync(join(folder, "runs"));
  const now = new Date();
  utimesSync(join(folder, "runs"), now, now);
  const runs = finderAt("runs");
  expect(await runs.runs()).toEqual([]);
  add("runs/a/config.json");
  utimesSync(join(folder, "runs"), now, now);
  expect(await runs.runs()).toEqual(["runs/a"]);
});
