/** What folds say together: means and intervals by hand, and the sentences of each outcome. */
import { expect, test } from "vitest";
import type { Metric } from "../../models/head.ts";
import { foldsResults } from "./results.ts";
import { foldsSentences } from "./show.ts";

const error: Metric = { name: "error", title: "error", unit: "%", better: "lower" };
const rmse: Metric = { name: "rmse", title: "RMSE", unit: "", better: "lower" };
const folds = (values: number[], usual: number[], metric = error) =>
  values.map((value, i) => ({
    ...{ fold: i + 1, examples: 10, deterministic: { metric, value }, sampling: value },
    usual: { unit: metric === error ? ("%" as const) : ("" as const), usual: usual[i]!, answer: "a" },
  }));
const said = (values: number[], usual: number[], metric = error) =>
  foldsSentences(foldsResults(folds(values, usual, metric)));

test("the mean over folds has Student's interval, cut at 0, and all examples Clopper and Pearson's", () => {
  const { mean, pooled, usual } = foldsResults(folds([10, 0, 20], [50, 60, 40]));
  // 10 ± t(0.975, 2) · 10/√3
  expect([mean.value, mean.low, mean.high]).toEqual([
    10,
    0,
    expect.closeTo(10 + (4.302652729911275 * 10) / Math.sqrt(3), 8),
  ]);
  expect(pooled!.value).toBeCloseTo(10, 12);
  expect(usual).toMatchObject({ answer: "a", mean: 50, gain: { value: 40 } });
});

test("an RMSE over all examples is the root of the mean square", () => {
  expect(foldsResults(folds([3, 4], [9, 9], rmse)).pooled!.value).toBeCloseTo(Math.sqrt(12.5), 12);
});

test.each<[string, number[], number[], RegExp]>([
  [
    "better",
    [10, 12, 8],
    [50, 52, 49],
    /^Always answering a has 50\.3 %: the network is better by 40\.3 percentage points \(\d/,
  ],
  ["worse", [50, 52, 49], [10, 12, 8], /the network is worse by 40\.3 percentage points \(3\d\.\d to 4\d\.\d\)\.$/],
  [
    "no difference",
    [10, 30, 20],
    [20, 20, 20],
    /the difference, 0 percentage points .* may be 0\. These 30 examples don't tell/,
  ],
  [
    "the same in every fold",
    [20, 20, 20],
    [21, 21, 21],
    /the difference is 1 percentage points in every fold, so that there is no interval\.$/,
  ],
])("%s is said", (_, values, usual, sentence) => {
  expect(said(values, usual).at(-1)).toMatch(sentence);
});

test("folds that score the same have no interval over them", () => {
  expect(said([20, 20], [50, 60])[0]).toBe(
    "The mean test error over 2 folds is 20 % (equal in all, so that there is no interval).",
  );
});
