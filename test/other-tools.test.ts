import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { heaviside } from "../src/cli/testing.ts";
import { predictor } from "../src/index.ts";
import { blocksOf } from "./support/blocks.ts";
import { pythonWith } from "./support/python.ts";
import { read, root } from "./support/repository.ts";
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

/** A network of PyTorch's names and layout, written by the format's description alone, and what it computes. */
const theirs = `
import json, struct
import numpy as np
rng = np.random.default_rng(1)
arrays = {"0.weight": rng.normal(size=(5, 4)), "0.bias": rng.normal(size=5), "2.weight": rng.normal(size=(3, 5)), "2.bias": rng.normal(size=3)}
arrays = {name: array.astype("<f4") for name, array in arrays.items()}
header, at = {"__metadata__": {"format": "pt"}}, 0
for name, array in arrays.items():
    header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
    at += array.nbytes
text = json.dumps(header).encode()
open("torch.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for a in arrays.values()))
x = rng.normal(size=(6, 4)).astype("f")
hidden = np.maximum(x @ arrays["0.weight"].T + arrays["0.bias"], 0)
scores = hidden @ arrays["2.weight"].T + arrays["2.bias"]
p = np.exp(scores - scores.max(1, keepdims=True))
print(json.dumps([x.tolist(), (p / p.sum(1, keepdims=True)).tolist()]))
`;
test.skipIf(!python)("the lines of weights of another library predict what it does", async () => {
  const [x, wanted] = JSON.parse(run(python!, ["-c", theirs])) as number[][][];
  const program = join(folder, "port.mts");
  const at = (name: string) => JSON.stringify(`${root}src/${name}`);
  const text = blockOf("other-tools.md", "ts")
    .replace('"heaviside"', at("index.ts"))
    .replace('"heaviside/data"', at("entries/data.ts"));
  writeFileSync(program, text);
  run(process.execPath, [
    "--conditions=@heaviside/source",
    "--import",
    `${root}node_modules/tsx/dist/esm/index.mjs`,
    program,
  ]);
  const predict = await predictor(join(folder, "ported.safetensors"), { backend: "reference" });
  const found = predict.batch(x!).map((row) => [...row.probabilities!]);
  const off = Math.max(...wanted!.flatMap((row, i) => row.map((p, j) => Math.abs(p - found[i]![j]!))));
  expect(off).toBeLessThan(1e-6);
  expect(existsSync(join(folder, "ported.onnx"))).toBe(true);
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
