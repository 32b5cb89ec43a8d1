import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { compare, loadDataset, mlp, train } from "../index.ts";
import { heaviside } from "./testing.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const runs = () => at("runs");

async function trained(name: string, ...flags: string[]): Promise<void> {
  const small = ["--data-dir", at("data"), "--backend", "reference", "--hidden", "4", "--batch", "40", "--epochs", "1"];
  const { code, err } = await heaviside("train", ...small, ...flags, "--out", at("runs", name));
  expect(code, err).toBe(0);
}

folderForAllTests(async (path) => {
  folder = path;
  writeTinyData(at("data"));
  for (const seed of ["1", "2", "3"])
    for (const estimator of ["sigmoid", "threshold"])
      await trained(`${estimator}-${seed}`, "--estimator", estimator, "--seed", seed);
  // What isn't a run is passed over in a folder of runs.
  await mkdir(at("runs", "notes"));
  await writeFile(at("runs", "todo.txt"), "");
});

const errorOf = async (name: string): Promise<number> =>
  JSON.parse(await readFile(at("runs", name, "result.json"), "utf8")).test.deterministic.error;

describe("compare", () => {
  test("prints the groups of a folder of runs, and writes what is asked for", async () => {
    const tables = ["--csv", at("a.csv"), "--parquet", at("a.parquet"), "--curves", at("curves.csv")];
    const files = [...tables, "--latex", at("a.tex"), "--svg", at("a.svg")];
    const { code, out, err } = await heaviside("compare", runs(), ...files, "--json");
    expect([code, err.split("\n")[0]]).toEqual([
      0,
      "mnist: test error (%), deterministic readout, mean ± sd over seeds",
    ]);
    const { groups, pairs } = JSON.parse(out);
    const named = Object.fromEntries(groups.map((group: { name: string }) => [group.name, group]));
    const errors = await Promise.all(["sigmoid-1", "sigmoid-2", "sigmoid-3"].map(errorOf));
    expect(Object.keys(named).sort()).toEqual(["estimator sigmoid", "estimator threshold"]);
    expect(named["estimator sigmoid"].figures.error.values).toEqual(errors);
    expect(named["estimator sigmoid"].runs).toEqual([1, 2, 3].map((seed) => at("runs", `sigmoid-${seed}`)));
    expect(pairs).toHaveLength(1);
    expect((await readFile(at("a.csv"), "utf8")).split("\n")).toHaveLength(8);
    expect(await readFile(at("a.tex"), "utf8")).toContain("\\begin{tabular}");
    expect(await readFile(at("a.svg"), "utf8")).toMatch(/^<svg .*<\/svg>$/s);
    // One epoch of each of six runs, and a header.
    expect((await readFile(at("curves.csv"), "utf8")).split("\n")).toHaveLength(8);
    expect((await readFile(at("a.parquet"))).subarray(-4).toString()).toBe("PAR1");
    for (const file of ["a.csv", "a.parquet", "curves.csv", "a.tex", "a.svg"]) expect(err).toContain(`: ${at(file)}\n`);
  });

  test("results of train are compared with run folders", async () => {
    const data = await loadDataset("mnist", { dir: at("data") });
    const model = mlp({ input: [4, 4], classes: 10, hidden: [{ units: 4, estimator: "sigmoid" }] });
    const options = { epochs: 1, batch: 40, backend: "reference", seed: 4 } as const;
    const { groups } = await compare([
      at("runs", "sigmoid-1"),
      at("runs", "threshold-1"),
      await train(model, data, options),
    ]);
    expect(groups.find(({ name }) => name === "estimator sigmoid")!.runs.map(({ name, seed }) => [name, seed])).toEqual(
      [
        [at("runs", "sigmoid-1"), 1],
        ["run 3", 4],
      ],
    );
  });

  test("compares validation scores where a training was stopped, and says so", async () => {
    const stopped = at("runs", "threshold-2");
    const result = await readFile(join(stopped, "result.json"), "utf8");
    try {
      await rm(join(stopped, "result.json"));
      const { out } = await heaviside("compare", runs());
      expect(out).toMatch(/^mnist: validation error/);
      expect(out.replaceAll("\n", " ")).toContain(`no test scores in ${stopped}, whose training hasn't ended`);
      // Scores of an earlier end are not those of the checkpoint.
      await writeFile(join(stopped, "result.json"), result.replace(/"valid": \{/, '"valid": { "other": 1,'));
      expect((await heaviside("compare", runs())).out).toMatch(/^mnist: validation error/);
    } finally {
      await writeFile(join(stopped, "result.json"), result);
    }
  });

  test.each<[string, () => string[], () => string]>([
    ["no run", () => [], () => "missing required argument 'runs'"],
    ["one run", () => [at("runs", "sigmoid-1")], () => "compare: needs at least two runs, received 1"],
    ["nothing there", () => [at("nowhere")], () => `compare: cannot read ${at("nowhere")}: it doesn't exist`],
    ["no run folder", () => [at("data")], () => `compare: ${at("data")} must be a run folder or hold some`],
    [
      "the same run twice",
      () => [runs(), at("runs", "sigmoid-1")],
      () =>
        `${at("runs", "sigmoid-1")} and ${at("runs", "sigmoid-1")} have the same config and seed 1: give one of them`,
    ],
    [
      "another metric",
      () => [runs(), "--metric", "loss"],
      () => 'compare: metric must be one of nll, error, received "loss"',
    ],
    [
      "one file for two",
      () => [runs(), "--csv", "a", "--svg", "a"],
      () => "compare: each file must have a name of its own, --csv and --svg name a",
    ],
    [
      "a table of another format",
      () => [runs(), "--curves", "a.txt"],
      () => "compare: --curves must end in .csv or .parquet, received a.txt",
    ],
    [
      "Parquet as CSV",
      () => [runs(), "--csv", "a.parquet"],
      () => "compare: --csv writes CSV, received a.parquet: give it to --parquet",
    ],
    [
      "a picture of another format",
      () => [runs(), "--svg", "a.png"],
      () => "compare: --svg writes SVG, received a.png: name it .svg",
    ],
  ])("%s: one sentence, and nothing is written", async (_, argv, message) => {
    const before = await readdir(folder);
    const { code, out, err } = await heaviside("compare", ...argv());
    expect(code).not.toBe(0);
    expect(out).toBe("");
    expect(err).toContain(message());
    expect(err.trimEnd()).not.toContain("\n");
    expect(await readdir(folder)).toEqual(before);
  });

  test("a run without a completed epoch is refused with the command that trains it further", async () => {
    const empty = at("begun");
    await mkdir(empty);
    await writeFile(join(empty, "config.json"), "{}");
    const { code, err } = await heaviside("compare", runs(), empty);
    expect(code).toBe(1);
    expect(err).toContain(
      `compare: ${empty} contains no completed epoch: npx heaviside train --resume ${empty} trains it further`,
    );
  });
});
