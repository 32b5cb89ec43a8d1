/** What records come to: means over seeds, what is no score, and texts that come from files. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { wrap } from "../../describe/format.ts";
import { printable, shellWord } from "../../describe/shell.ts";
import { alignColumns, markdownText } from "../../describe/table.ts";
import { markdownOf, nextOf, pageOf } from "./page.ts";
import { sweepOf, trialOf } from "./plan.ts";
import { hasEqualRatios, numericOptions, wordOptions } from "./points.ts";
import { columnsOf, commandOf, findings, rankingOf, tableOf } from "./ranking.ts";
import type { TrialRecord } from "./scheduling.ts";
import { Executor } from "./trial.ts";

const base = { data: "mnist", epochs: 1 };
const space = { rate: [0.01, 0.1, 1], estimator: ["rectifier", "disarm"] };
const plan = sweepOf({ question: "Which?", base, space, seeds: [4, 5] }, "rates.mjs");
const rest = { rung: 0, by: "error", better: "lower", metric: "error", unit: "%", seconds: 1, epochs: 1 } as const;
const record = (trial: number, value: number, of = plan): TrialRecord => {
  const { name, point, seed } = trialOf(of, trial);
  return { ...rest, ...{ trial, name, point, seed, value, state: "done", test: { error: value + 1 } } };
};
const failed = (trial: number, error: string): TrialRecord => {
  const { name, point, seed } = trialOf(plan, trial);
  return { trial, rung: 0, name, point, seed, state: "failed", error };
};

test("points of several seeds are ranked by their means, those with fewer scores last", () => {
  // The best single value is of the last point: its other seed has none.
  const values = [1, 4, 0.5, 9, 9, 9, 8, 3, Number.NaN, 9, 9, 9];
  const ranking = rankingOf(plan, values.map((value, trial) => record(trial, value))); // biome-ignore format: one line
  expect(ranking.points.map(({ number }) => number)).toEqual([1, 0, 3, 4, 5, 2]);
  expect(tableOf(ranking, 2)).toEqual([
    ["point", "mean error", "standard deviation", "seeds", "rate", "estimator"],
    ["1", "3.50 %", "0.71 %", "2", "0.01", "disarm"],
    ["0", "4.50 %", "4.95 %", "2", "0.01", "rectifier"],
  ]);
  // sqrt(0.5 / 2 + 24.5 / 2) = 3.54
  expect(findings(ranking)).toEqual([
    "The lowest mean validation error of 6 points is 3.50 %: rate 0.01, estimator disarm (point 1, 2 seeds, standard deviation 0.71 %).",
    "Its mean test error is 4.50 %; the test set isn't used to choose.",
    "The next is rate 0.01, estimator rectifier (point 0), 1.00 % behind; the standard error of this difference is 3.54 %.",
    "Points whose 2 seeds haven't all a score rank after the others: 1.",
    "1 trial failed; the first, trial 8: error must be a finite number, is NaN",
  ]);
  expect(columnsOf(ranking)[0]!.values).toHaveLength(12);
});

test("only trials of one seed are said to be better by chance", () => {
  const one = sweepOf({ base, space }, "rates.mjs");
  const said = findings(rankingOf(one, [record(0, 2, one), record(1, 1, one)]));
  expect(said.filter((sentence) => sentence.includes("by chance"))).toHaveLength(1);
  expect(said[0]).toContain("of 2 trials is 1.00 %");
});

test("commands are those of the best point and of the first failed trial, and name what tries them again", () => {
  const ranking = rankingOf(plan, [record(1, 1), failed(2, "train: the loss is NaN in epoch 1")], "runs/my rates");
  expect(nextOf(ranking).filter((line) => line.startsWith(" "))).toEqual([
    "  npx heaviside train --data mnist --epochs 1 --rate 0.01 --estimator disarm --seed 4",
    "  npx heaviside train --data mnist --epochs 1 --rate 0.1 --estimator rectifier --seed 4 --debug-nan",
    "  npx heaviside sweep retry 'runs/my rates'",
  ]);
});

test.runIf(process.platform === "linux")("a shell gives a word of a command back as it was", () => {
  for (const text of ["a b", "$(touch x)", "`x`", "it's", "", "\u001b[31m", "a\nb", "é\u0085\u202e", "\\'\u0007"]) {
    const word = shellWord(text);
    expect(execFileSync("bash", ["--norc", "-c", `printf %s ${word}`], { encoding: "utf8", env: { LC_ALL: "C.UTF-8" } })).toBe(text); // biome-ignore format: one line
    expect(printable(word)).toBe(word);
  }
  const evil = { work: { kind: "train", base: { dataDir: "tiny$(touch PWNED)" } } } as const;
  expect(commandOf({ ...plan, ...evil }, record(0, 1))).toContain("--data-dir 'tiny$(touch PWNED)'");
});

test("texts of a file show what they are in a terminal, in Markdown and in the page", async () => {
  expect(wrap("\u001b]0;x\u0007 \u009b31m\u202ea", 80)).toBe("\\u001b]0;x\\u0007 \\u009b31m\\u202ea");
  expect(alignColumns([["a\n\u001b[2J", "b"]])).toEqual(["a \\u001b[2J  b"]);
  expect(markdownText("<img src=x> [a](b)\n`c`")).toBe("\\<img src=x\\> \\[a\\](b) \\`c\\`");
  const hostile = sweepOf(
    { question: "<img>\n# x", base, space: { dataDir: ["<b>a\n| b", "x".repeat(5000)] } },
    "rates.mjs",
  );
  const ranking = rankingOf(hostile, [record(0, 1, hostile), record(1, 2, hostile)]);
  const text = markdownOf(ranking);
  expect(text.split("\n")[0]).toBe("# \\<img\\> # x");
  expect(text).toContain("| \\<b\\>a \\| b |");
  expect(text.length).toBeLessThan(1500);
  expect(await pageOf(ranking, [])).not.toContain("<img>");
});

test("a function that gives no finite number fails its trial", async () => {
  const machine = { backend: "wasm", threads: 1 } as const;
  const come = async (value: string) => {
    const work = {
      kind: "objective",
      url: `data:text/javascript,export default { objective: () => ${value} }`,
    } as const;
    const given = { trial: trialOf(plan, 0), work, folder: "none", until: undefined, metric: undefined, machine };
    return await new Executor().run(given, new AbortController().signal, () => {});
  };
  expect(await come("NaN")).toEqual({ state: "failed", error: "value must be a finite number, is NaN" });
  expect(await come("-1/0")).toEqual({ state: "failed", error: "value must be a finite number, is -Infinity" });
  expect(await come("2")).toMatchObject({ state: "done", value: 2 });
});

test("options are numbers or words, and listed numbers of equal ratios have a log axis", () => {
  expect([[0.01, 0.1, 1], [0.01, 0.03, 0.1, 0.3, 1, 30], [20, 40, 80], [1, 10]].map(hasEqualRatios)).toEqual([true, true, true, true]); // biome-ignore format: one line
  expect([[10, 20, 30], [0, 0.5, 0.9], [-1, 1, 10], [7], [1, 2]].map(hasEqualRatios)).toEqual([false, false, false, false, false]); // biome-ignore format: one line
  const trials = [record(0, 1), record(3, 1)];
  expect(numericOptions(plan, trials)).toEqual([{ name: "rate", isLog: true, values: [0.01, 0.1] }]);
  expect(wordOptions(plan, trials)).toEqual([{ name: "estimator", words: space.estimator, values: [0, 1] }]);
});
