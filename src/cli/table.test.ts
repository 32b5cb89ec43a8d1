/** A table of the user's own on the command line: how it is named, what is asked of it, and what it is trained with where nothing is said. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { thinned } from "./commands/train.ts";
import { heaviside, tooLong } from "./testing.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
/** Three clouds of 50 points, whose names only two columns together tell. */
const clouds = Array.from({ length: 150 }, (_, i) => {
  const [kind, angle] = [i % 3, (i * 2.399) % 6.283];
  const [a, b] = [[0, 0], [9, 0], [9, 30]][kind] as [number, number]; // biome-ignore format: a place each
  return [a + 2 * Math.cos(angle), b + 7 * Math.sin(angle), ["left", "low", "high"][kind]].join(",");
});

folderForAllTests(async (path) => {
  folder = path;
  await writeFile(at("clouds.csv"), ["width,height,kind", ...clouds].join("\n"));
  const wide = Array.from({ length: 40 }, (_, i) => `c${i}`);
  await writeFile(at("wide.csv"), [wide, ...Array.from({ length: 3 }, () => wide.map(() => 1))].join("\n"));
});

const configOf = async (...argv: string[]) => {
  const target = argv.includes(at("clouds.csv")) ? ["--target", "kind"] : [];
  const { code, out, err } = await heaviside("train", ...target, ...argv, "--print-config");
  expect(code, err).toBe(0);
  return JSON.parse(out);
};

test("150 rows are learned by the defaults of a table", async () => {
  const argv = ["--data", at("clouds.csv"), "--target", "kind", "--backend", "wasm", "--out", at("run")];
  const { code, err } = await heaviside("train", ...argv);
  expect(code, err).toBe(0);
  const { test } = JSON.parse(await readFile(at("run", "result.json"), "utf8"));
  expect(test.deterministic.error).toBeLessThan(5);

  const report = await readFile(at("run", "report.html"), "utf8");
  expect(report).toContain("test error of kind</h1>");
  expect(report).toContain("on a table, to predict kind from 2 columns: 150 examples:");
  expect(report).toContain("in proportion to the classes of kind.");
  expect(report).not.toMatch(/classes of label|Pictures:/);
});

test("of many fast epochs every tenth part has a line, of slow or few ones each", () => {
  const shown = (epochs: number, seconds: number): number[] => {
    const isShown = thinned(epochs);
    const all = Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1, seconds: seconds * i }));
    return all.filter(isShown).map(({ epoch }) => epoch);
  };
  expect(shown(100, 0.01)).toEqual([1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(shown(45, 0.25)).toEqual([1, 3, 5, 7, 9, 10, 12, 14, 15, 17, 19, 20, 22, 24, 25, 27, 29, 30, 32, 34, 35, 37, 39, 40, 42, 44, 45]); // biome-ignore format: one line
  expect(shown(100, 0.5)).toHaveLength(100);
  expect(shown(40, 0)).toHaveLength(40);
});

test("the defaults of a table are its own, and each gives way to what is said", async () => {
  const table = await configOf("--data", at("clouds.csv"));
  expect(table.data).toEqual({ name: "table", file: at("clouds.csv"), target: ["kind"] });
  expect(table.model.hidden).toEqual([{ units: 64, estimator: "straight-through-slope" }]);
  expect(table.training).toMatchObject({ epochs: 100, batch: 20, optimizer: { name: "adam", rate: 0.01 } });
  expect(await configOf("--data", "table", "--file", at("clouds.csv"))).toEqual(table);

  const flags = ["--hidden", "5,6", "--steps", "7", "--batch", "8", "--rate", "0.5"];
  const given = await configOf("--data", at("clouds.csv"), ...flags);
  expect(given.model.hidden.map(({ units }: { units: number }) => units)).toEqual([5, 6]);
  expect(given.training).toMatchObject({ steps: 7, batch: 8, optimizer: { name: "adam", rate: 0.5 } });
  expect(given.training).not.toHaveProperty("epochs");
  expect((await configOf("--data", at("clouds.csv"), "--model", "gated-mlp")).model.name).toBe("gated-mlp");

  const file = { data: { name: "table", file: "a.csv" }, training: { steps: 3, batch: 2 }, model: { hidden: [] } };
  await writeFile(at("config.json"), JSON.stringify(file));
  const read = await configOf("--config", at("config.json"));
  expect([read.training.steps, read.training.epochs, read.training.batch]).toEqual([3, undefined, 2]);
  expect([read.model.hidden, read.training.optimizer.name]).toEqual([[], "adam"]);
  await writeFile(at("gated.json"), JSON.stringify({ ...file, model: { name: "gated-mlp" } }));
  expect((await configOf("--config", at("gated.json"))).model).not.toHaveProperty("hidden");
});

test("an optimizer that a flag names has the rate that is usual for it", async () => {
  const rateOf = async (...argv: string[]) => (await configOf(...argv)).training.optimizer.rate;
  expect(await rateOf("--optimizer", "adam")).toBe(0.001);
  expect(await rateOf("--optimizer", "adam:beta1=0.8")).toBe(0.001);
  expect(await rateOf("--optimizer", "nesterov")).toBe(0.1);
  expect(await rateOf("--optimizer", "adam", "--rate", "0.3")).toBe(0.3);
  expect(await rateOf("--optimizer", "adam", "--data", at("clouds.csv"))).toBe(0.01);
  expect(await rateOf("--optimizer", "sgd", "--data", at("clouds.csv"))).toBe(0.1);
  await writeFile(at("rate.json"), JSON.stringify({ training: { optimizer: { name: "sgd", rate: 0.7 } } }));
  expect(await rateOf("--optimizer", "adam", "--config", at("rate.json"))).toBe(0.001);
  expect(await rateOf("--optimizer", "sgd", "--config", at("rate.json"))).toBe(0.7);
  expect(await rateOf("--optimizer", "adam", "--rate", "0.2", "--config", at("rate.json"))).toBe(0.2);
});

test.each<[string, string[], string]>([
  [
    "no target",
    ["clouds.csv"],
    "needs the column to predict, as target (--target COLUMN); its columns are width, height, kind",
  ],
  [
    "no target of many columns",
    ["wide.csv"],
    "its columns are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, … (40 in all)",
  ],
  [
    "a target that isn't there",
    ["clouds.csv", "--target", "hieght"],
    'has no column "hieght" (did you mean height?); its columns are width, height, kind',
  ],
  [
    "two files",
    ["clouds.csv", "--file", "b.csv", "--target", "kind"],
    'is a file already, by --data, received --file "b.csv" too',
  ],
])("%s is refused by name", async (_, [file, ...flags], message) => {
  for (const [command, ...before] of [["train", "--data"], ["data"]]) {
    const { code, err } = await heaviside(command!, ...before, at(file!), ...flags);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  }
});

test("compare names the omitted columns, the file and its target, and no statistics", async () => {
  const file = at("birds.csv");
  await writeFile(file, ["id,length,price", ...Array.from({ length: 24 }, (_, i) => `${i},${(i * 7) % 24}.5,${i * i}`)].join("\n")); // biome-ignore format: one line
  const run = ["train", "--data", file, "--target", "price", "--epochs", "1", "--backend", "reference"];
  for (const more of [[], ["--omit", "id"]])
    await heaviside(...run, ...more, "--out", at("birds", `run-${more.length}`));
  const { out } = await heaviside("compare", at("birds"), "--latex", at("b.tex"), "--svg", at("b.svg"));
  expect(out).toMatch(/^birds\.csv, target price: test RMSE/);
  expect(out.match(/ omit \w+ /g)!.sort()).toEqual([" omit id ", " omit none "]);
  expect(out).not.toMatch(/mean \d|deviation \d|input/);
  expect(await readFile(at("b.tex"), "utf8")).toContain("% birds.csv, target price, mean and");
  expect(await readFile(at("b.svg"), "utf8")).toContain("on birds.csv, target price");

  const second = at("others.csv");
  await writeFile(
    second,
    ["id,length,price", ...Array.from({ length: 24 }, (_, i) => `${i},${i},${i * i}`)].join("\n"),
  );
  const others = run.map((word) => (word === file ? second : word));
  await heaviside(...others, "--out", at("others"));
  const both = await heaviside("compare", at("birds", "run-0"), at("others"));
  expect(both.out.replaceAll("\n", " ")).toContain("of 2 files with the same targets and other inputs");
});

const isles = ["isle,mass,price", ...Array.from({ length: 60 }, (_, i) => `${["north", "south", "NA"][i % 3]},${i % 7 === 3 ? "" : i},${i}`)].join("\n"); // biome-ignore format: one line

test("texts and missing cells are trained on, saved with the network, and read by predict in the same way", async () => {
  await writeFile(at("isles.csv"), isles);
  const argv = ["--data", at("isles.csv"), "--target", "price", "--backend", "wasm", "--epochs", "2"];
  const { code, out } = await heaviside("train", ...argv, "--out", at("isles"));
  expect(code).toBe(0);
  expect(out.replaceAll("\n", " ")).toMatch(
    /With 10 test examples, the RMSE is between .* always answering 2\d\.\d has/,
  );
  await writeFile(at("new.csv"), "mass,isle\n3,south\n,north\n8,\n");
  const predicted = await heaviside("predict", at("isles"), at("new.csv"), "--json");
  expect([predicted.code, predicted.err]).toEqual([0, ""]);
  const { predictions } = JSON.parse(predicted.out);
  await writeFile(at("new.json"), JSON.stringify([{ mass: 3, isle: "south" }, { mass: null, isle: "north" }, { mass: 8, isle: null }])); // biome-ignore format: one line
  expect(JSON.parse((await heaviside("predict", at("isles"), at("new.json"), "--json")).out).predictions).toEqual(predictions); // biome-ignore format: one line
  await writeFile(at("odd.csv"), "mass,isle\n3,south\n4,sauth\n");
  expect(await heaviside("predict", at("isles"), at("odd.csv"))).toMatchObject({
    code: 1,
    err: expect.stringContaining('odd.csv, line 3, column isle must be one of north, south, as in training, or missing, received "sauth"'), // biome-ignore format: one line
  });
  // A cell that is missing where no row of the training missed it is read, and said.
  await writeFile(at("full.csv"), isles.replaceAll("NA", "west"));
  await heaviside("train", "--data", at("full.csv"), "--target", "mass", "--epochs", "1", "--out", at("full"));
  await writeFile(at("gap.csv"), "isle,price\n,3\n");
  const gap = await heaviside("predict", at("full"), at("gap.csv"));
  expect([gap.code, gap.err.replaceAll("\n", " ")]).toEqual([0, expect.stringMatching(/^warning: isle: cells without a value/)]); // biome-ignore format: one line
});

test("--folds trains on all folds but one, for each, says what they say together, and resumes", async () => {
  await writeFile(at("isles.csv"), isles);
  const argv = ["train", "--data", at("isles.csv"), "--target", "price", "--folds", "3", "--epochs", "2", "--backend", "reference", "--out", at("folds")]; // biome-ignore format: one line
  const first = await heaviside(...argv, "--json");
  expect(first.code, first.err).toBe(0);
  expect(tooLong(first.err)).toEqual([]);
  const results = JSON.parse(first.out);
  expect(results.folds.map(({ examples }: { examples: number }) => examples)).toEqual([20, 20, 20]);
  const values = results.folds.map(({ deterministic }: { deterministic: { value: number } }) => deterministic.value);
  expect(results.mean.value).toBeCloseTo((values[0] + values[1] + values[2]) / 3, 9);
  expect(results.pooled.value).toBeCloseTo(Math.hypot(...values) / Math.sqrt(3), 9);
  expect(results.usual.mean).toBeGreaterThan(15);
  expect(results.command).toMatch(
    /^npx heaviside train --data \S+ --target price --folds 3 --epochs 2 --backend reference/,
  );
  // A fold is a training like any other.
  const config = JSON.parse(await readFile(at("folds", "fold-2", "config.json"), "utf8"));
  expect(config.data).toMatchObject({ folds: 3, fold: 2 });
  expect((await heaviside("predict", at("folds", "fold-2"), at("isles.csv"))).code).toBe(0);
  expect((await heaviside("report", at("folds"))).err).toContain(`it holds runs, such as ${at("folds", "fold-1")}`);
  const again = await heaviside(...argv);
  expect(again.out).not.toMatch(/^1\/3 /m);
  expect(again.out).toContain("The mean test RMSE over 3 folds is");
  expect(await readFile(at("folds", "results.csv"), "utf8")).toMatch(
    /^fold,examples,rmse,sampling,without_a_network\n1,20,/,
  );
  expect(await readFile(at("folds", "report.html"), "utf8")).toContain("Cross-validation over 3 folds</h1>");
  for (const [flags, message] of [
    [["--folds", "3", "--no-out"], "--folds makes a run folder for each fold and takes no --no-out"],
    [["--folds", "1"], "data.folds: must be a whole number at least 2"],
  ] as const) {
    const { code, err } = await heaviside("train", "--data", at("isles.csv"), "--target", "price", ...flags);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  }
});
