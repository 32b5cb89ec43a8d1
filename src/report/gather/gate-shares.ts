import type { Readings } from "./readings.ts";

/** For each class the share of its examples that open each gate, [C][K]; NaN for a class without examples. */
export function sharesOf({ truth, names }: Pick<Readings, "truth" | "names">, opened: Float64Array): number[][] {
  const examples = new Array<number>(names.length).fill(0);
  for (const label of truth) examples[label]!++;
  const gates = opened.length / names.length;
  return examples.map((count, label) => Array.from({ length: gates }, (_, k) => opened[label * gates + k]! / count));
}

/** Places of the largest share above 0 in each column; the number of rows where there is none. */
export const bestRows = (shares: readonly (readonly number[])[]): number[] =>
  shares[0]!.map((_, gate) => {
    const column = shares.map((row) => (Number.isFinite(row[gate]) ? row[gate]! : 0));
    const most = Math.max(...column);
    return most > 0 ? column.indexOf(most) : column.length;
  });

/** The gates in the order of the class for which they open most, and of how often they do. */
export function byClass(shares: readonly (readonly number[])[]): number[] {
  const best = bestRows(shares);
  const most = best.map((row, gate) => shares[row]?.[gate] ?? 0);
  return best.map((_, gate) => gate).sort((a, b) => best[a]! - best[b]! || most[b]! - most[a]!);
}
