import { byNumber } from "../data/classes.ts";
import { UserError } from "../errors.ts";
import { noColumn } from "./names.ts";
import type { ColumnProfile } from "./profile.ts";
import { type Column, MISSING, NUMBER, type Table } from "./table.ts";

/** A column to compute with: numbers, NaN where missing, or classes from 0, −1 where missing. [rows] */
export type Feature =
  | { readonly name: string; readonly kind: "numbers"; readonly values: Float64Array }
  | { readonly name: string; readonly kind: "classes"; readonly codes: Int32Array; readonly names: readonly string[] };

/** The columns that say something about a row: no ids, texts, dates, and none that never changes. */
export function featuresOf(table: Table, profiles: readonly ColumnProfile[]): Feature[] {
  return table.columns.flatMap((column, i) => {
    const { kind, distinct } = profiles[i]!;
    if (distinct < 2 || kind === "id" || kind === "text" || kind === "date" || kind === "empty") return [];
    return [featureOf(column, profiles[i]!, table.rows)];
  });
}

function featureOf(column: Column, { name, numbers }: ColumnProfile, rows: number): Feature {
  if (!numbers) return classFeature(column, rows);
  return { name, kind: "numbers", values: column.values! };
}

/** A column's values as classes, by name: numbers in their order before texts. */
function classFeature({ name, values, codes, texts }: Column, rows: number): Feature & { kind: "classes" } {
  const textAt = (row: number): string | undefined => {
    const code = codes ? codes[row]! : NUMBER;
    return code === MISSING ? undefined : code === NUMBER ? String(values![row]) : texts[code];
  };
  const names = new Set<string>();
  for (let row = 0; row < rows; row++) {
    const text = textAt(row);
    if (text !== undefined) names.add(text);
  }
  const sorted = [...names].sort(byNumber);
  const places = new Map(sorted.map((text, place) => [text, place]));
  return {
    ...{ name, kind: "classes" as const, names: sorted },
    codes: Int32Array.from({ length: rows }, (_, row) => places.get(textAt(row) ?? "") ?? -1),
  };
}

/** Classes of a target at most: more are texts or ids. */
const MOST_CLASSES = 1000;

/**
 * The column to predict: classes where it holds text, else numbers, unless `as` says otherwise. Throws UserError for a column that isn't there, and
 * for one that can't be predicted.
 */
export function targetOf(
  table: Table,
  profiles: readonly ColumnProfile[],
  name: string,
  as?: "values" | "classes",
): Feature {
  const place = table.columns.findIndex((column) => column.name === name);
  if (place < 0)
    throw noColumn(
      table.file,
      name,
      table.columns.map((column) => column.name),
    );
  const { numbers, distinct } = profiles[place]!;
  const refuse = (rule: string, received: string): UserError =>
    new UserError(`explore: the target ${name} must have ${rule}, received ${received}`);
  if (distinct < 2) throw refuse("at least 2 values", String(distinct));
  if (numbers && as !== "classes") return featureOf(table.columns[place]!, profiles[place]!, table.rows);
  if (as === "values") throw refuse("numbers for --as values", "text");
  if (distinct > MOST_CLASSES) throw refuse(`at most ${MOST_CLASSES} classes`, String(distinct));
  return classFeature(table.columns[place]!, table.rows);
}

/** Some rows of a feature. */
export function rowsOfFeature(feature: Feature, rows: Int32Array): Feature {
  if (feature.kind === "numbers") return { ...feature, values: Float64Array.from(rows, (row) => feature.values[row]!) };
  return { ...feature, codes: rows.map((row) => feature.codes[row]!) };
}
