/** What a page gets of a sweep: a few numbers, whatever the number of trials. */
import { expect, test } from "vitest";
import { sweepOf, trialOf } from "../experiments/sweep/plan.ts";
import { rankingOf } from "../experiments/sweep/ranking.ts";
import type { TrialRecord } from "../experiments/sweep/scheduling.ts";
import { summaryOf } from "./sweep-summary.ts";

const space = {
  rate: { from: 0.003, to: 1, log: true },
  hidden: [20, 40],
  estimator: ["disarm", "straight-through-slope"],
};
const planOf = (points: number, more: object = {}) =>
  sweepOf({ question: "Which?", base: { epochs: 9 }, space, search: "random", points, ...more }, "rates.mjs");
type Plan = ReturnType<typeof planOf>;

const record = (plan: Plan, trial: number, value: number, more: object = {}): TrialRecord => {
  const { name, point, seed } = trialOf(plan, trial);
  return {
    ...{ trial, rung: 0, name, point, seed, value, by: "error", better: "lower", metric: "error", unit: "%" },
    ...{ epochs: 9, selectedEpoch: 9, seconds: 1, state: "done", ...more },
  };
};
const failed = (plan: Plan, trial: number, error: string): TrialRecord => {
  const { name, point, seed } = trialOf(plan, trial);
  return { trial, rung: 0, name, point, seed, state: "failed", error };
};

test("has the best trial, the ten best, and the run of each", () => {
  const plan = planOf(30);
  const values = [8, 9, 7, 7, 6, 9, 9, 9, 9, 9, 9, 9];
  const found = summaryOf("runs/rates", rankingOf(plan, values.map((value, i) => record(plan, i, value)))); // biome-ignore format: one line
  const { id, name, point } = trialOf(plan, 4);
  expect(found).toMatchObject({ name: "runs/rates", question: "Which?", trials: 30, ended: 12, failed: 0, rungs: "" });
  expect(found).toMatchObject({ metric: "error", unit: "%", better: "lower" });
  expect(found.best).toEqual({ options: name, value: "6.00 %" });
  expect(found.head).toEqual(["trial", "error", "rate", "hidden", "estimator", "epochs"]);
  expect(found.table.map(({ trial }) => trial)).toEqual([4, 2, 3, 0, 1, 5, 6, 7, 8, 9]);
  expect(found.table[0]).toEqual({
    ...{ trial: 4, run: `runs/rates/trials/${id}` },
    cells: ["4", "6.00 %", point.rate, point.hidden, point.estimator, "9"],
  });
  // Where it becomes another one, and the last.
  expect(found.curve).toEqual([[0, 8], [2, 7], [4, 6], [11, 6]]); // biome-ignore format: one line
  expect(found.drawn.map(({ value }) => value)).toEqual(values);
  expect(found.options.map(({ name, isLog }) => [name, isLog])).toEqual([
    ["estimator", false],
    ["rate", true],
    ["hidden", false],
  ]);
  const [estimator, rate] = found.options;
  expect(rate!.values[4]).toBe(Number(point.rate));
  expect(estimator!.words).toEqual(space.estimator);
  expect(estimator!.words![estimator!.values[4]!]).toBe(point.estimator);
});

test("draws a thousand of two thousand trials, evenly, and always the ten best", () => {
  const plan = planOf(2000);
  // The best come last, where an even choice would leave out every second one.
  const records = Array.from({ length: 2000 }, (_, i) => record(plan, i, 3000.123456789 - i));
  const found = summaryOf("runs/rates", rankingOf(plan, records));
  const trials = found.drawn.map(({ trial }) => trial);
  expect([trials.length, found.scored]).toEqual([1000, 2000]);
  expect(new Set(trials).size).toBe(1000);
  expect(trials).toEqual(trials.toSorted((a, b) => a - b));
  expect(trials.slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => 1990 + i));
  const gaps = trials.slice(1, -10).map((trial, i) => trial - trials[i]!);
  expect([...new Set(gaps)].sort()).toEqual([2, 3]);
  expect([trials[0], found.drawn[0]!.value]).toEqual([2, 2998.12]);
  expect(found.options.map(({ values }) => values.length)).toEqual([1000, 1000, 1000]);
  expect(found.options[1]!.values[500]).toBe(Number(trialOf(plan, trials[500]!).point.rate));
  expect(JSON.stringify(found).length).toBeLessThan(200_000);
});

test("has the first failed trials and a line of their errors, and leaves out what is no number", () => {
  const plan = planOf(20);
  const errors = Array.from({ length: 7 }, (_, i) => failed(plan, i, `${"no ".repeat(300)}${i % 6}\nstack`));
  const found = summaryOf("a", rankingOf(plan, [...errors, record(plan, 8, 5), record(plan, 9, Number.POSITIVE_INFINITY)])); // biome-ignore format: one line
  expect([found.ended, found.failed, found.scored]).toEqual([9, 8, 1]);
  expect(found.failures.map(({ trial, more }) => [trial, more])).toEqual([[0, 1], [1, 0], [2, 0], [3, 0], [4, 0]]); // biome-ignore format: one line
  expect(found.failures[0]!.error).toBe(`${"no ".repeat(300).slice(0, 400)} …`);
  expect(found.drawn.map(({ trial }) => trial)).toEqual([8]);
  expect(found.curve).toEqual([[8, 5]]);
});

test("tells trials that were stopped early from the others", () => {
  const plan = planOf(9, { halving: { least: 3 } });
  const records = [
    record(plan, 0, 5, { state: "paused", epochs: 3 }),
    record(plan, 1, 4, { rung: 1 }),
    record(plan, 2, 3, { state: "paused", epochs: 3 }),
  ];
  const found = summaryOf("a", rankingOf(plan, records));
  expect([found.drawn.map(({ rung }) => rung), found.epochs]).toEqual([[0, 1, 0], [3, 9]]); // biome-ignore format: one line
  expect(found.rungs).toBe("Of 9 trials 3 reached epoch 3, 1 reached epoch 9.");
  expect(found.curve).toEqual([[1, 4]]);
});

test("has no runs where a function is called, and nothing before the first trial", () => {
  const plan = sweepOf({ space: { x: { from: 0, to: 1 } }, points: 3, objective: () => 0 }, "rates.mjs");
  const { name, point, seed } = trialOf(plan, 1);
  const one: TrialRecord = {
    ...{ trial: 1, rung: 0, name, point, seed, state: "done", value: 2, by: "value", better: "lower" },
    ...{ metric: "value", unit: "", seconds: 1 },
  };
  expect(summaryOf("a", rankingOf(plan, [one]))).toMatchObject({
    ...{ table: [{ trial: 1, run: undefined }], drawn: [{ trial: 1, run: undefined, value: 2 }] },
    options: [{ name: "x", isLog: false, values: [Number(point.x)] }],
  });
  const none = { trials: 3, ended: 0, best: undefined, table: [], curve: [], drawn: [], failures: [] };
  expect(summaryOf("a", rankingOf(plan, []))).toMatchObject(none);
});

test("ranks points by the means over their seeds, and draws their trials", () => {
  const plan = planOf(3, { seeds: [4, 5] });
  const values = [5, 1, 4, 5, 9, 6];
  const found = summaryOf("a", rankingOf(plan, values.map((value, i) => record(plan, i, value)))); // biome-ignore format: one line
  const { id } = trialOf(plan, 0);
  expect(found).toMatchObject({ isAveraged: true, curve: [], best: { value: "5.00 %" } });
  expect(found.head.slice(0, 4)).toEqual(["point", "mean error", "standard deviation", "seeds"]);
  expect(found.table.map(({ cells }) => cells.slice(0, 4))).toEqual([
    ["0", "5.00 %", "0.00 %", "2"],
    ["1", "5.00 %", "5.66 %", "2"],
    ["2", "5.00 %", "1.41 %", "2"],
  ]);
  expect(found.table[0]!.run).toBe(`a/trials/${id}`);
  expect(found.drawn.map(({ value }) => value)).toEqual(values);
});
