import type { Feature } from "./features.ts";

/** Columns as numbers side by side. */
export interface Encoded {
  readonly rows: number;
  readonly width: number;
  /** [rows, width], NaN where a number is missing. */
  readonly x: Float64Array;
  /** What each column of x is: a column's name, or name = value. */
  readonly names: readonly string[];
  /** Whether it is numbers as they were, a value of a category, or says where a number is missing. */
  readonly kinds: readonly ("number" | "value" | "missing")[];
}

/** Values of a category that get a column of 0 and 1 each, the most frequent ones. */
const MOST_VALUES = 20;

/**
 * Features as numbers: a category becomes a column of 0 and 1 for each of its 20 most frequent values. A column of numbers stays as it is; where some are
 * missing, a further column says where.
 */
export function encode(features: readonly Feature[], rows: number): Encoded {
  const columns = features.flatMap(
    (feature): { name: string; kind: Encoded["kinds"][number]; at: (row: number) => number }[] => {
      const { name } = feature;
      if (feature.kind === "classes") {
        const { codes, names } = feature;
        // Of two values, one column says both.
        const shown = frequent(codes, names.length).slice(names.length === 2 ? 1 : 0);
        return shown.map((code) => ({
          name: `${name} = ${names[code]}`,
          kind: "value",
          at: (row) => (codes[row] === code ? 1 : 0),
        }));
      }
      const { values } = feature;
      const at = (row: number): number => values[row]!;
      if (!values.some(Number.isNaN)) return [{ name, kind: "number", at }];
      return [
        { name, kind: "number", at },
        { name: `${name} is missing`, kind: "missing", at: (row) => (Number.isNaN(values[row]) ? 1 : 0) },
      ];
    },
  );
  const width = columns.length;
  const x = new Float64Array(rows * width);
  columns.forEach(({ at }, column) => {
    for (let row = 0; row < rows; row++) x[row * width + column] = at(row);
  });
  return { rows, width, x, names: columns.map(({ name }) => name), kinds: columns.map(({ kind }) => kind) };
}

function frequent(codes: Int32Array, classes: number): number[] {
  const counts = new Int32Array(classes);
  for (const code of codes) if (code >= 0) counts[code]!++;
  return Array.from(counts.keys())
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, MOST_VALUES);
}

/**
 * The same with each column's mean at 0 and its deviation 1, both over the rows named; a missing number is 0 then, and a column that doesn't change stays 0
 * there.
 */
export function standardised({ rows, width, x }: Encoded, over: Int32Array): Float64Array {
  const result = new Float64Array(x.length);
  for (let column = 0; column < width; column++) {
    let [n, mean, squares] = [0, 0, 0];
    for (const row of over) {
      const value = x[row * width + column]!;
      if (Number.isNaN(value)) continue;
      n++;
      const from = value - mean;
      mean += from / n;
      squares += from * (value - mean);
    }
    const scale = squares > 0 ? Math.sqrt(n / squares) : 0;
    for (let row = 0; row < rows; row++) {
      const value = x[row * width + column]!;
      result[row * width + column] = Number.isNaN(value) ? 0 : scale * (value - mean);
    }
  }
  return result;
}
