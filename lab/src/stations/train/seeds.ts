// Runs that differ by their seed alone: chance, beside what a setting changes.
import type { Figure } from "../../../../src/statistics/figure.ts";
import { meanInterval } from "../../../../src/statistics/student.ts";
import type { Field } from "../../fields.ts";
import { runOf, runText } from "./kept.ts";
import type { Named } from "./named.ts";
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

/** Settings of a run, of which one is its seed. */
type Fields = Readonly<Record<string, Field<unknown>>> & { readonly seed: Field<number> };

const withSeed = (fields: Fields, text: string, seed: (own: number) => number): string => {
  const values = runOf(fields, text)!;
  return runText(fields, {
    ...values,
    seed: seed(fields.seed.read(fields.seed.write(values.seed)) ?? fields.seed.initial),
  });
};

/** A seed some places on; after the largest comes 0. */
export const seedAfter = (seed: number, places: number): number => (seed + places) % 2 ** 32;

/** The same run with other seeds, as many as are wanted: those that follow its own. */
export const withSeeds = (fields: Fields, text: string, more: number): string[] =>
  Array.from({ length: more }, (_, i) => withSeed(fields, text, (own) => seedAfter(own, i + 1)));

/** Those of the runs that ended and differ by their seed alone, where there are two or more. */
export function ofSeeds(fields: Fields, runs: readonly Named[]): OfSeeds[] {
  const ended = runs.flatMap(({ text, ran }, i) =>
    ran?.done ? [{ same: withSeed(fields, text, () => 0), at: i + 1, result: ran.done.result }] : [],
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
