import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { heaviside } from "./testing.ts";

let folder: string;
let data: string;
folderForAllTests((path) => {
  folder = path;
  data = writeTinyData(path);
});
const steep = () =>
  [
    "--data-dir",
    data,
    "--backend",
    "reference",
    "--hidden",
    "6",
    "--estimator",
    "rectifier",
    "--rate",
    "1e25",
  ] as const;

test("train --debug-nan says where it began, as machine.debugNan of a config does", async () => {
  const { code, err } = await heaviside("train", ...steep(), "--epochs", "2", "--no-out", "--debug-nan");
  expect(code).toBe(1);
  expect(err).toMatch(/^heaviside: train: .*\. Where it began: .* in .*: it overflows float32, .*\n$/s);
  const config = join(folder, "run");
  await heaviside("train", ...steep(), "--epochs", "2", "--out", config);
  const given = JSON.parse(await readFile(join(config, "config.json"), "utf8"));
  expect(given.machine.debugNan).toBeUndefined();
  const again = await heaviside("train", ...steep(), "--epochs", "2", "--no-out");
  expect(again.err).not.toContain("Where it began");
  const { out } = await heaviside("train", ...steep(), "--debug-nan", "--print-config");
  expect(JSON.parse(out).machine.debugNan).toBe(true);
});

test("a run that diverged is resumed with it", async () => {
  const run = join(folder, "resumed");
  expect((await heaviside("train", ...steep(), "--epochs", "2", "--out", run)).code).toBe(1);
  const { code, err } = await heaviside("train", "--resume", run, "--debug-nan");
  expect([code, err.includes("Where it began: ")]).toEqual([1, true]);
});

test("--folds takes no --debug-nan", async () => {
  const table = join(folder, "points.csv");
  await writeFile(
    table,
    `a,b,kind\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 7},${i % 2 ? "x" : "y"}`).join("\n")}\n`,
  );
  const { code, err } = await heaviside("train", "--data", table, "--target", "kind", "--folds", "3", "--debug-nan");
  expect([code, err]).toEqual([
    1,
    "heaviside: train: --folds makes a run folder for each fold and takes no --debug-nan\n",
  ]);
});
