import type { Estimator } from "../../estimator.ts";
import { estimatorNames, estimatorRow } from "../../index.ts";

/** A categorical estimator of the table with one setting of its choices, for three classes. */
export interface CategoricalVariant {
  readonly label: string; // "categorical-gumbel-rao, derivative total"
  readonly name: string;
  readonly options: Readonly<Record<string, string | number>>;
  readonly estimator: Estimator;
}

/** Not the defaults, where a forgotten temperature of 1, or K − 1 for K = 2, would not show. */
const NUMBERS: Readonly<Record<string, number>> = { classes: 3, samples: 3, temperature: 1.4, width: 0.7 };

export const categoricalVariants: readonly CategoricalVariant[] = estimatorNames.flatMap((name) => {
  const row = estimatorRow(name);
  if (!row.card.categorical) return [];
  const choices = Object.entries(row.options).flatMap(([option, o]) => (o.kind === "choice" ? [{ option, ...o }] : []));
  const combinations = choices.reduce<Record<string, string>[]>(
    (all, { option, choices: values }) =>
      all.flatMap((given) => values.map((value) => ({ ...given, [option]: value }))),
    [{}],
  );
  return combinations.map((given) => {
    const numbers = Object.keys(row.options).filter((option) => !(option in given));
    const options = { ...given, ...Object.fromEntries(numbers.map((option) => [option, NUMBERS[option]!])) };
    const label = [name, ...Object.entries(given).map(([option, value]) => `${option} ${value}`)].join(", ");
    return { label, name, options, estimator: row(options) };
  });
});
