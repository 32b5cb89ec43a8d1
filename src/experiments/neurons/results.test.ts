import { expect, test } from "vitest";
import type { NeuronsPlan } from "./plan.ts";
import { resultsOf } from "./results.ts";
import type { NeuronsRecord } from "./study.ts";
import { inBrief, neuronsMarkdown, neuronsText, notes, problemRows, shareRows, shareText } from "./words.ts";

const plan: NeuronsPlan = {
  problems: [{ task: "adding", length: 10, units: 2, batch: 2, steps: 20, validateEvery: 10, held: 2 }],
  ...{ variants: ["lstm", "rnn", "leaky-modulated"], seeds: 2, rates: [0.1], clip: 1, traced: ["leaky-modulated"] },
};
const base = 1 / 6;

const run = (variant: NeuronsRecord["variant"], seed: number, share: number | null): NeuronsRecord => ({
  ...{ kind: "run", problem: "adding 10", variant, rate: 0.1, seed },
  valid: share === null ? null : share * base,
  test: share === null ? null : share * base,
  solvedAt: share !== null && share <= 0.1 ? 10 * seed : null,
  curve: share === null ? [] : [{ step: 10, error: base }, { step: 20, error: share * base }], // biome-ignore format: pairs
  ...{ parameters: 30, sequencesPerSecond: 100, seconds: 2 },
});

const trace = (marked: number, elsewhere: number) => ({
  ...{ values: [0.5], marked: [1], unit: 0, correlation: 0.9 },
  trace: { memory: [0.1], kept: [0.5], spikes: [] },
  times: { marked, elsewhere },
});

const records = [
  run("lstm", 2, 0.04),
  run("lstm", 1, 0.01),
  run("rnn", 1, 0.08),
  run("rnn", 2, 0.5),
  { ...run("leaky-modulated", 1, 0.05), trace: trace(2, 8) },
  { ...run("leaky-modulated", 2, null), trace: trace(4, 4) },
];

test("shares of the baseline are geometric means, solved is a tenth or less in every seed, and lost trainings have the baseline's error", () => {
  const { problems } = resultsOf(records, plan);
  const [lstm, rnn, leaky] = problems[0]!.cells;
  expect(lstm!.errors).toEqual([0.01 * base, 0.04 * base]);
  expect([lstm!.share, rnn!.share, leaky!.share]).toEqual(
    [0.02, 0.2, Math.sqrt(0.05)].map((x) => expect.closeTo(x, 12)),
  );
  expect([lstm, rnn, leaky].map((cell) => [cell!.solved, cell!.solvedSeeds, cell!.diverged])).toEqual([
    [true, 2, 0],
    [false, 1, 0],
    [false, 1, 1],
  ]);
  expect([lstm!.solvedAt, rnn!.solvedAt]).toEqual([15, 10]);
  expect(rnn!.curve).toEqual([
    { step: 10, error: expect.closeTo(base, 12) },
    { step: 20, error: expect.closeTo(0.2 * base, 12) },
  ]);
});

test("cells are compared with the lstm seed by seed, in logarithms, with Holm's correction", () => {
  const [lstm, rnn, leaky] = resultsOf(records, plan).problems[0]!.cells;
  expect(lstm!.against).toBeUndefined();
  expect(rnn!.against!.ratio.value).toBeCloseTo(10, 9);
  // Differences ln 8 and ln 12.5: t = 10.3 with one degree of freedom, 1 − (2/π) atan t, times the two that are compared.
  const t = (Math.log(8) + Math.log(12.5)) / Math.log(12.5 / 8);
  expect(rnn!.against!.p).toBeCloseTo(2 * (1 - (2 / Math.PI) * Math.atan(t)), 6);
  expect(leaky!.against!.ratio.value).toBeCloseTo(Math.sqrt(5 * 25), 9);
  const without = resultsOf(records, { ...plan, variants: ["rnn", "leaky-modulated"] }).problems[0]!;
  expect(without.cells.map(({ against }) => against)).toEqual([undefined, undefined]);
  expect(problemRows(without)[0]).not.toContain("p");
});

test("time constants are paired by seed: where a value is to be remembered, and elsewhere", () => {
  const [found, ...more] = resultsOf(records, plan).times;
  expect(more).toEqual([]);
  expect(found).toMatchObject({ variant: "leaky-modulated", marked: [2, 4], elsewhere: [8, 4] });
  expect(found!.shorter.value).toBeCloseTo(2, 12);
});

test("in words: who solves what, and shares with a star where they do", () => {
  const results = resultsOf(records, plan);
  expect(inBrief(results)[0]).toBe("Adding 10 is solved by: lstm.");
  const both = { ...plan, variants: ["leaky-fixed", "leaky-learned", "leaky-modulated"] as const };
  const leaks = both.variants.flatMap((variant, i) => [1, 2].map((seed) => run(variant, seed, i === 2 ? 0.01 : 0.5)));
  expect(inBrief(resultsOf(leaks, both))[0]).toBe(
    "Of 1 task, leaky units solve 0 with a fixed time constant, 0 with one learned for each unit, and 1 with one that the input sets.",
  );
  expect(shareRows(results).map((row) => row[1])).toEqual(["adding 10", "0.167", "2.0% *", "20%", "22%"]);
  expect([0.0004, 0.5, 0.0123].map(shareText)).toEqual(["<0.1%", "50%", "1.2%"]);
  const [problem] = results.problems;
  const never = { ...problem!, cells: problem!.cells.map((cell) => ({ ...cell, solvedAt: undefined })) };
  expect([problem!, never].map((found) => problemRows(found)[1]![5])).toEqual(["15", "not in 20"]);
});

test("notes explain the columns and the baselines that are shown, and no others", () => {
  const results = resultsOf(records, plan);
  const text = neuronsText(results, (line) => line, 80);
  expect(text).not.toMatch(/× lstm|Holm|Copy|Parity|Images/);
  expect(text).toContain("Adding: the answer 1");
  expect(neuronsMarkdown(results)).toContain("× lstm: how many times its error");
  const alone = resultsOf(records, { ...plan, variants: ["rnn", "leaky-modulated"] });
  expect(notes(alone, { tables: true }).join()).not.toContain("Holm");
  const copy = { ...plan.problems[0]!, task: "copy" } as const;
  expect(notes({ ...results, plan: { ...plan, problems: [copy] } }, { tables: true }).at(-1)).toMatch(
    /^Trivial baselines\. Copy: /,
  );
});
