import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleInto, sumOf } from "./bundle.ts";
import { folderForAllTests } from "./temporary.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

test("sources with another byte, name, end or order are built anew, and no others", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const sums = [
    [["a", "xy"], ["b", "z"]],
    [["a", "xy"], ["b", "Z"]],
    [["a", "x"], ["b", "yz"]],
    [["a", "xy"], ["c", "z"]],
    [["a", "xy"]],
    [["b", "z"], ["a", "xy"]],
  ].map((files) => sumOf(files.map(([path, text]) => [path!, bytes(text!)] as const))); // biome-ignore format: a file each
  expect(new Set(sums).size).toBe(sums.length);
  expect(sumOf([["a", bytes("xy")], ["b", bytes("z")]])).toBe(sums[0]); // biome-ignore format: one line
});

test("a bundle is a copy, of what the sources are now", () => {
  const [mine, yours] = [join(folder, "mine"), join(folder, "yours")];
  bundleInto(mine);
  const own = readFileSync(join(mine, "cli.js"), "utf8");
  expect(own).toContain("addTrain(program, terminal, done)");
  writeFileSync(join(mine, "cli.js"), "changed");
  bundleInto(yours);
  expect(readFileSync(join(yours, "cli.js"), "utf8")).toBe(own);
});
