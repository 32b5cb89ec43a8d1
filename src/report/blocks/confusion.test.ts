import { expect, test } from "vitest";
import { confusion } from "./confusion.ts";
import { drawn, madeUpRun } from "./testing/index.ts";

const run = (names: readonly string[], counts: readonly (readonly number[])[]) =>
  madeUpRun({ mistakes: { count: 4, examples: 20, shown: [], confusion: { names, counts } } });
const animals = run(["cat", "dog <3", "owl"], [[7, 3, 0], [1, 9, 0], [0, 0, 0]]); // biome-ignore format: one line

const rowsOf = (html: string): string[][] =>
  [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, cell]) => cell!),
  );

test("counts stand in the row of the class and the column of what it is taken for, the error of each class beside", async () => {
  const html = await drawn(confusion, [animals]);
  expect(html).toContain("<h2>Which class is taken for which</h2>");
  expect(rowsOf(html)).toEqual([
    ["class", "cat", "dog &#60;3", "owl", "error %", "examples"],
    ["cat", "<b>7</b>", "3", "·", "30.00", "10"],
    ["dog &#60;3", "1", "<b>9</b>", "·", "10.00", "10"],
    ["owl", "·", "·", "·", "–", "0"],
  ]);
  expect(html).toContain("Most often cat is taken for dog &#60;3, 3 times. cat has the largest error, 30.00 %.");
});

test("a network without mistakes says so; one of more than 20 classes has no table", async () => {
  const right = Array.from({ length: 21 }, (_, i) => Array.from({ length: 21 }, (_, j) => (i === j ? 5 : 0)));
  const names = right.map((_, i) => `class ${i}`);
  const twenty = run(names.slice(1), right.slice(1).map((row) => row.slice(1))); // biome-ignore format: one line
  expect(await drawn(confusion, [twenty])).toContain("No class is taken for another one.");
  expect(await drawn(confusion, [run(names, right)])).toBe("");
});
