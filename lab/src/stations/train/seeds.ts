// Runs that differ by their seed alone: chance, beside what a setting changes.
import type { Figure } from "../../../../src/statistics/figure.ts";
import { meanInterval } from "../../../../src/statistics/student.ts";
import { runOf, runText } from "./kept.ts";
import type { Named } from "./named.ts";
import { runFields } from "./settings.ts";
import type { Ran } from "./training.svelte.ts";

/** The result of a training that has ended. */
export type Result = NonNullable<Ran["done"]>["result"];

/** Runs with other seeds, and what is the same in them. */
export interface OfSeeds {
  /** Their numbers in the table, from 1. */
  readonly runs: readonly number[];
  /** The mean of a score over them, with Student's 95% interval; undefined where one hasn't it. */
  mean(of: (result: Result) => number | undefined): Figure | undefined;
}

const seedless = (text: string): string => runText(runFields, { ...runOf(runFields, text)!, seed: 0 });

/** The same run with other seeds, as many as are wanted: those that follow its own. */
export function withSeeds(text: string, more: number): string[] {
  const values = runOf(runFields, text)!;
  return Array.from({ length: more }, (_, i) => runText(runFields, { ...values, seed: values.seed + i + 1 }));
}

/** Those of the runs that ended and differ by their seed alone, where there are two or more. */
export function ofSeeds(runs: readonly Named[]): OfSeeds[] {
  const ended = runs.flatMap(({ text, ran }, i) =>
    ran?.done ? [{ same: seedless(text), at: i + 1, result: ran.done.result }] : [],
  );
  return [...new Set(ended.map(({ same }) => same))]
    .map((wanted) => ended.filter(({ same }) => same === wanted))
    .filter(({ length }) => length > 1)
    .map((group) => ({
      runs: group.map(({ at }) => at),
      mean(of) {
        const values = group.flatMap(({ result }) => of(result) ?? []);
        return values.length === group.length ? meanInterval(values) : undefined;
      },
    }));
}
