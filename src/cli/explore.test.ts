/** `heaviside explore`: what it prints and writes, and what it refuses. */
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { flowers } from "../explore/testing.ts";
import { main } from "./main.ts";
import { fakeTerminal, heaviside, tooLong } from "./testing.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

folderForAllTests(async (path) => {
  folder = path;
});
beforeAll(async () => {
  const rows = flowers().map((row, i) => (i === 40 ? ["", ...row.slice(1)] : row).join(","));
  await writeFile(at("flowers.csv"), `\ufeff${["petal,sepal,colour,species", ...rows].join("\r\n")}`);
  writeTinyData(at("data"));
});

const few = ["--sample", "40", "--folds", "2"];

test("prints findings, columns and baselines within 80 columns, and writes the page", async () => {
  const page = at("page.html");
  const { code, out, err } = await heaviside(
    "explore",
    at("flowers.csv"),
    "--target",
    "species",
    ...few,
    "--out",
    page,
  );
  expect(code, err).toBe(0);
  expect(tooLong(out)).toEqual([]);
  expect(out).toMatch(/flowers\.csv: 180 rows, 4\s+columns/);
  expect(out).toContain("1 finding\n- missing values: petal lacks 1 value (0.556 %)");
  expect(out).toMatch(/^petal +number +0\.556 % +\d+ {2}\S/m);
  expect(out).toMatch(/^species +category +3 {2}setosa 60, versicolor 60/m);
  expect(out).toMatch(/^petal +\d+(\.\d+)? %$/m);
  expect(out).toMatch(/^most frequent class +\d\d\.\d % +\d/m);
  expect(out).toMatch(/^64 neurons that fire +\d+\.\d % /m);
  expect(out).toContain("mean over 2 folds; 40 of 180 rows, drawn at random;");
  const html = await readFile(page, "utf8");
  for (const text of ["<h2>1 finding</h2>", "What simple models reach", "colour: rows by class", "Best single columns", "petal: median", "Pairs of columns", "A map of the rows", "■ virginica", "Two directions hold"]) expect(html).toContain(text); // biome-ignore format: one line
  expect(html).not.toMatch(/(src|href)="http|NaN|undefined/);
});

test("without a target there are no baselines; --json is one object, --omit drops a column", async () => {
  const { out } = await heaviside("explore", at("flowers.csv"), "--omit", "colour,species", "--json");
  const found = JSON.parse(out);
  expect(found.columns.map(({ name }: { name: string }) => name)).toEqual(["petal", "sepal"]);
  expect([found.rows, found.baselines, found.target]).toEqual([180, undefined, undefined]);
  const json = await heaviside("explore", at("flowers.csv"), "--target", "petal", ...few, "--json");
  const { baselines } = JSON.parse(json.out);
  expect(baselines).toMatchObject({ unit: "", rows: 40, of: 179, folds: 2 });
});

test("ARFF and JSON lines hold the same columns as CSV", async () => {
  const [names, ...rows] = (await readFile(at("flowers.csv"), "utf8")).slice(1).split("\r\n").map((line) => line.split(",")); // biome-ignore format: one line
  const head = names!.map((name) => `@attribute ${name} ${name.length === 5 ? "numeric" : "string"}`);
  await writeFile(at("flowers.arff"), ["@relation f", ...head, "@data", ...rows.map((row) => row.map((cell) => cell || "?"))].join("\n")); // biome-ignore format: one line
  const objects = rows.map((row) => JSON.stringify(Object.fromEntries(row.map((cell, i) => [names![i], i < 2 ? (cell === "" ? null : Number(cell)) : cell])))); // biome-ignore format: one line
  await writeFile(at("flowers.jsonl"), objects.join("\n"));
  const columnsOf = async (file: string) => {
    const { columns } = JSON.parse((await heaviside("explore", at(file), "--json")).out);
    return JSON.stringify(columns).replaceAll(/"(line|lines)":[^}]*|"missingAs":\[[^\]]*\]/g, "");
  };
  const csv = await columnsOf("flowers.csv");
  expect(csv).toContain('"distinct":154');
  for (const file of ["flowers.arff", "flowers.jsonl"]) expect(await columnsOf(file)).toBe(csv);
});

test("images: each class with its most unusual examples, in the terminal and on a page", async () => {
  const data = `folder:dir=${at("data")}`;
  const { code, out, err } = await heaviside("explore", data, "--out", at("images.html"));
  expect(code, err).toBe(0);
  expect(tooLong(out)).toEqual([]);
  expect(out).toMatch(/^0 +\d+ +\d(\.\d+)? {2}\d+, \d+/m);
  const html = await readFile(at("images.html"), "utf8");
  expect(html).toContain("The training images that are farthest from the mean of their class");
});

describe("refuses", () => {
  test.each<[string, () => string[], string]>([
    ["a file that isn't there", () => [at("no.csv")], "no.csv does not exist"],
    ["a page of another kind", () => [at("flowers.csv"), "--out", "a.pdf"], "explore: --out must end in .html, received a.pdf"], // biome-ignore format: one line
    ["no target for --as", () => [at("flowers.csv"), "--as", "classes"], "explore: --as says how a target is taken"],
    ["one fold", () => [at("flowers.csv"), "--folds", "1"], "explore: --folds must be a whole number at least 2 and at most 100, received 1"], // biome-ignore format: one line
    ["a sample that is no number", () => [at("flowers.csv"), "--sample", "all"], 'explore: --sample must be a whole number at least 10 and at most 2147483648, received "all"'], // biome-ignore format: one line
    ["a target of images", () => ["mnist", "--target", "x"], "explore: --target is for tables (.csv, .tsv, .arff, .jsonl, .parquet), received it for mnist"], // biome-ignore format: one line
    ["a sequence", () => ["parity:length=8,examples=30,valid=10,test=10"], "explore: looks at tables and at images with one class each, received parity"], // biome-ignore format: one line
  ])("%s", async (_, argv, message) => {
    const { code, err, out } = await heaviside("explore", ...argv());
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

test("a stop while baselines are fitted ends with 130, and leaves no page and nothing half-written", async () => {
  const { terminal, written, interrupt, watch } = fakeTerminal({ tty: true });
  watch((text) => text.includes("baselines:") && interrupt());
  const before = await readdir(folder);
  const code = await main(["explore", at("flowers.csv"), "--target", "species", "--out", at("stopped.html")], terminal);
  expect(code, written.err).toBe(130);
  expect(existsSync(at("stopped.html"))).toBe(false);
  expect(await readdir(folder)).toEqual(before);
});
