import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { heaviside } from "../src/cli/testing.ts";
import { blocksOf } from "./support/blocks.ts";
import { pythonWith } from "./support/python.ts";
import { read } from "./support/repository.ts";
import { folderForAllTests } from "./support/temporary.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});
const blockOf = (page: string, language: string): string =>
  blocksOf(page, read(`docs/how-to/${page}`)).find((block) => block.language === language)!.text;
const run = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
/** The numbers of a run: its validations, and its result. */
const numbersOf = (name: string) => {
  const text = (file: string) => readFileSync(join(folder, "runs", name, file), "utf8");
  const lines = text("metrics.jsonl").trim().split("\n");
  return {
    errors: lines.map((line) => JSON.parse(line).valid.deterministic.error),
    result: JSON.parse(text("result.json")),
  };
};

/** Three runs of a small table, with the files that the pages read. */
beforeAll(async () => {
  const rows = Array.from(
    { length: 120 },
    (_, i) => `${Math.sin(i)},${Math.cos(i)},${Math.sin(i) * Math.cos(i) > 0 ? "odd" : "even"}`,
  );
  const table = join(folder, "table.csv");
  writeFileSync(table, ["x,z,parity", ...rows].join("\n"));
  const own = ["--data", table, "--target", "parity", "--epochs", "4", "--backend", "reference"];
  for (const [name, seed] of [["first", "1"], ["second", "2"], ["third", "3"]]) // biome-ignore format: pairs
    expect((await heaviside("train", ...own, "--seed", seed!, "--out", join(folder, "runs", name!))).code).toBe(0);
  for (const args of [
    ["compare", join(folder, "runs"), "--csv", join(folder, "runs.csv")],
    ["save", join(folder, "runs/first"), join(folder, "weights.npz")],
    ["save", join(folder, "runs/first"), join(folder, "weights.mat")],
  ])
    expect((await heaviside(...args)).code).toBe(0);
});

const python = pythonWith("numpy");
test.skipIf(!python)("the lines of numpy open the parameters", () => {
  const lines = run(python!, ["-c", blockOf("other-tools.md", "python")])
    .trim()
    .split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "hidden1.weight (2, 64)",
    "hidden1.bias (64,)",
    "output.weight (64, 2)",
    "output.bias (2,)",
  ]);
  expect(lines[4]).toMatch(/^\[\[ *[-\d]/);
});

test.skipIf(!existsSync("/usr/bin/octave-cli"))("the lines of Octave open parameters and metrics", () => {
  const lines = run("octave-cli", ["--norc", "--eval", blockOf("other-tools.md", "octave")])
    .trim()
    .split("\n");
  expect(lines[0]!.trim().split(/\s+/)).toEqual(["1", "64"]);
  const [, best] = /^best validation error: (\S+)$/.exec(lines[1]!)!;
  expect(Number(best)).toBeCloseTo(Math.min(...numbersOf("first").errors), 3);
});

const hasR = existsSync("/usr/bin/Rscript");
test.skipIf(!hasR)("the lines of R read the table of compare, and the metrics of all runs", () => {
  const said = run("Rscript", ["--vanilla", "-e", blockOf("other-tools.md", "r")]);
  const errors = ["first", "second", "third"].map((name) => numbersOf(name).result.test.deterministic.error as number);
  const mean = errors.reduce((sum, error) => sum + error) / 3;
  expect(Number(/^1 .*?([\d.]+)$/m.exec(said)![1])).toBeCloseTo(mean, 2);
  expect(said).toContain('attr(,"conf.level")');

  const merged = run("Rscript", ["--vanilla", "-e", blockOf("read-runs.md", "r")])
    .trim()
    .split("\n");
  expect(merged).toHaveLength(4);
  const [, name, seed, test, best] = merged[1]!.trim().split(/\s+/);
  const { errors: valid, result } = numbersOf("first");
  expect([name, Number(seed)]).toEqual(["runs/first", 1]);
  expect(Number(test)).toBeCloseTo(result.test.deterministic.error, 3);
  expect(Number(best)).toBeCloseTo(Math.min(...valid), 3);
});
