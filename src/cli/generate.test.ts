import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { heaviside } from "./testing.ts";

let folder: string;
const run = (name: string): string => join(folder, name);
const small = [
  "--model",
  "recurrent",
  "--cell",
  "lstm",
  "--units",
  "4",
  "--steps",
  "2",
  "--batch",
  "4",
  "--backend",
  "wasm",
  "--threads",
  "1",
];
const trained = async (name: string, ...flags: string[]) => {
  const { code, err } = await heaviside("train", ...small, ...flags, "--out", run(name));
  expect(code, err).toBe(0);
};
/** Three strokes each, of characters that differ. */
const character = (i: number) =>
  JSON.stringify({ medians: [[[100, 800], [900, 800 - 20 * i]], [[500, 900], [500, 100 + 10 * i]], [[300, 300], [700, 300]]] }); // biome-ignore format: lines

folderForAllTests(async (path) => {
  folder = path;
  const text = "the cat sat on a mat. \n".repeat(40);
  await writeFile(join(path, "text.txt"), text);
  await mkdir(join(path, "characters"));
  for (const [i, name] of [..."一二三四五六七八九十"].entries())
    await writeFile(join(path, "characters", `${name}.json`), character(i));
  await trained("text", "--data", `characters:file=${join(path, "text.txt")},length=6,valid=0.1,test=0.1`);
  await trained("strokes", "--data", `strokes:spacing=200,dir=${join(path, "characters")}`);
});

const generated = (...argv: string[]) => heaviside("generate", ...argv, "--backend", "wasm");

describe("strokes", () => {
  test("become a picture of generated drawings above real ones, the same for the same seed", async () => {
    const out = run("sheet.svg");
    const { code, out: said } = await generated(run("strokes"), "--count", "3", "--out", out);
    expect(code).toBe(0);
    expect(said).toBe(`3 generated drawings, and as many of the test set below them: ${out}\n`);
    const svg = await readFile(out, "utf8");
    expect(svg).toContain(">generated</text>");
    expect(svg).toContain(">of the test set of strokes</text>");
    // The test set has one character of the ten.
    expect(svg.match(/<path /g)).toHaveLength(4);
    const paths = (text: string) => text.match(/<path d="[^"]*"/g)!;
    await generated(run("strokes"), "--count", "3", "--out", run("again.svg"));
    expect(await readFile(run("again.svg"), "utf8")).toBe(svg);
    await generated(run("strokes"), "--count", "3", "--seed", "1", "--bias", "2", "--out", run("other.svg"));
    const other = paths(await readFile(run("other.svg"), "utf8"));
    expect(other[0]).not.toBe(paths(svg)[0]);
    expect(other[3]).toBe(paths(svg)[3]);
  });

  test("are a PNG where the file is called so, and lie in the run where none is named", async () => {
    expect((await generated(run("strokes"), "--count", "2", "--steps", "30", "--out", run("sheet.png"))).code).toBe(0);
    expect((await readFile(run("sheet.png"))).subarray(1, 4).toString()).toBe("PNG");
    expect((await generated(run("strokes"), "--count", "1")).code).toBe(0);
    expect(existsSync(join(run("strokes"), "generated.svg"))).toBe(true);
  });
});

describe("text", () => {
  test("is printed, begins as asked and has as many characters as asked, more than the network was trained on", async () => {
    const { code, out } = await generated(run("text"), "--start", "the c", "--steps", "20");
    expect(code).toBe(0);
    expect(out.slice(0, 5)).toBe("the c");
    expect(Array.from(out.slice(0, -1))).toHaveLength(25);
    expect(out).toMatch(/^[a-z. \n]*$/);
  });

  test("goes to a file; several begin as the test set does", async () => {
    const { code, out } = await generated(run("text"), "--count", "2", "--temperature", "0.5", "--out", run("out.txt"));
    expect([code, out]).toEqual([0, `generated text: ${run("out.txt")}\n`]);
    expect((await readFile(run("out.txt"), "utf8")).length).toBe(2 * 7 + 3);
  });
});

describe("mistakes", () => {
  test.each<[string, string[], string]>([
    ["another kind of file", ["strokes", "--out", "x.gif"], "generate: --out must end in .svg or .png for strokes, received x.gif"],
    ["a picture of text", ["text", "--out", "x.png"], "generate: --out must end in .txt for classes, received x.png"],
    ["a character that the text lacks", ["text", "--start", "theX"], 'generate: --start must be of the 12 characters of characters, received "X" in "theX"'],
    ["a start of strokes", ["strokes", "--start", "a"], "generate: --start must be omitted, strokes begin with nothing, received a"],
    ["no sequences", ["text", "--count", "0"], "generate: --count must be a whole number at least 1, received 0"],
    ["words for numbers", ["text", "--seed", "one"], 'generate: seed must be a whole number at least 0 and below 9007199254740992, received "one"'],
    ["a bias of text", ["text", "--bias", "1"], "generate: bias must be omitted, draws of classes have a temperature, received 1"],
    ["no run", ["none"], "it doesn't exist"],
  ])("%s", async (_, [name, ...flags], message) => {
    const { code, err, out } = await generated(run(name!), ...flags);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  }); // biome-ignore format: a table
});
