import { expect, test } from "vitest";
import { classes } from "../models/index.ts";
import { confusionSection } from "./confusion.ts";
import type { ReportedRun } from "./report.ts";
import { report } from "./report.ts";

const score = { nll: 0.5, error: 20 };
const scores = { stochastic: score, deterministic: score };
const epoch = { ranOn: [], step: 1, epoch: 1, train: score, valid: scores, examplesPerSecond: 1, seconds: 1 };
const run = (names: readonly string[], counts: readonly (readonly number[])[]): ReportedRun => ({
  ...{ name: "net", cards: [], config: {}, selectedEpoch: 1, history: [epoch], insides: undefined },
  result: {
    ...{ run: null, seed: 1, epochs: 1, parameters: 1, train: score, valid: score },
    test: scores,
    ...{ examplesPerSecond: 1, seconds: 1, ranOn: [] },
  },
  mistakes: { count: 4, examples: 20, shown: [], confusion: { names, counts } },
});
const animals = run(["cat", "dog <3", "owl"], [[7, 3, 0], [1, 9, 0], [0, 0, 0]]); // biome-ignore format: one line

const rowsOf = (html: string): string[][] =>
  [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, cell]) => cell!),
  );

test("counts stand in the row of the class and the column of what it is taken for, the error of each class beside", () => {
  const [{ title, html }] = confusionSection([animals]) as [{ title: string; html: string }];
  expect(title).toBe("Which class is taken for which");
  expect(rowsOf(html)).toEqual([
    ["class", "cat", "dog &#60;3", "owl", "error %", "examples"],
    ["cat", "<b>7</b>", "3", "·", "30.00", "10"],
    ["dog &#60;3", "1", "<b>9</b>", "·", "10.00", "10"],
    ["owl", "·", "·", "·", "–", "0"],
  ]);
  expect(html).toContain("Most often cat is taken for dog &#60;3, 3 times. cat has the largest error, 30.00 %.");
});

test("a network without mistakes says so; one of more than 20 classes has no table", () => {
  const right = Array.from({ length: 21 }, (_, i) => Array.from({ length: 21 }, (_, j) => (i === j ? 5 : 0)));
  const names = right.map((_, i) => `class ${i}`);
  const twenty = run(names.slice(1), right.slice(1).map((row) => row.slice(1))); // biome-ignore format: one line
  expect(confusionSection([twenty])[0]!.html).toContain("No class is taken for another one.");
  expect(confusionSection([run(names, right)])).toEqual([]);
});

test("is a section of the report", async () => {
  const page = await report({
    ...{ title: "t", question: "", caveats: [], runs: [animals], head: classes(3), inputShape: [2], made: [] },
  });
  expect(page).toContain("<h2>Which class is taken for which</h2>");
});
