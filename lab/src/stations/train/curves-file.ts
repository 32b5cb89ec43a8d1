import { csvOf } from "../../../../src/formats/csv.ts";
import { numbersIn } from "../../../../src/formats/json.ts";
import { runOf } from "./kept.ts";
import type { Named } from "./named.ts";
import { runFields } from "./settings.ts";

/** The scores of runs after each epoch as CSV, with the names that `heaviside compare --curves` gives them. */
export function curvesCsv(runs: readonly Named[]): string {
  const rows = runs.flatMap(({ name, text, ran }) =>
    (ran?.epochs ?? []).map((epoch) => ({
      run: name,
      seed: runOf(runFields, text)?.seed,
      of: new Map(numbersIn(epoch)),
    })),
  );
  const names = [...new Set(rows.flatMap(({ of }) => [...of.keys()]))];
  return csvOf([
    { name: "run", values: rows.map(({ run }) => run) },
    { name: "seed", values: rows.map(({ seed }) => seed) },
    ...names.map((name) => ({ name, values: rows.map(({ of }) => of.get(name)) })),
  ]);
}
