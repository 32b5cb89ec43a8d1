import { expect, test } from "vitest";
import { best, comparisonTasks } from "./comparison.ts";

test("best: the lowest score, the first of equals; what is no number only where nothing else is", () => {
  const of = (...scores: number[]) => best([...scores.keys()], (i) => scores[i]!);
  expect([of(3, 1, 2), of(2, 1, 1), of(Number.NaN, 5), of(5, Number.NaN)]).toEqual([1, 1, 1, 0]);
  expect([of(Number.NaN, Infinity), of(Infinity, 7), of(Number.NaN)]).toEqual([0, 1, 0]);
});

test("comparisonTasks: every setting of a variant with every tuning seed, then all variants seed by seed", () => {
  const task = (id: string) => ({ id, title: id, work: 1, run: async () => ({ id }) });
  const tasks = comparisonTasks<string, number, { id: string }>({
    variants: ["a", "b"],
    candidates: (variant) => (variant === "a" ? [1, 2] : []),
    tuningSeeds: [8, 9],
    seeds: 2,
    tuning: (variant, setting, seed) => task(`${variant}${setting}/${seed}`),
    final: (variant, seed) => task(`${variant}/${seed}`),
  });
  expect(tasks.map(({ id }) => id)).toEqual(["a1/8", "a1/9", "a2/8", "a2/9", "a/1", "b/1", "a/2", "b/2"]);
});
