import { CsvScanner } from "../data/csv-scan.ts";
import { TableBuilder } from "./read.ts";
import type { Table } from "./table.ts";

/** The table in a text, as in a file of that name. */
export function tableIn(text: string, omit: readonly string[] = [], file = "t.csv"): Table {
  const builder = new TableBuilder(file, omit);
  new CsvScanner(file, (cells) => builder.line(cells)).whole(new TextEncoder().encode(text));
  return builder.table();
}

/** Numbers from 0 to 1 that look random and are the same on each machine. */
export function drawn(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Rows of three kinds of flowers, 60 each, whose petals tell them apart about as well as those of irises. */
export function flowers(): string[][] {
  const next = drawn();
  const normal = (): number => next() + next() + next() + next() - 2;
  return Array.from({ length: 180 }, (_, i) => {
    const kind = i % 3;
    const petal = [1.4, 4.3, 5.6][kind]! + normal();
    return [petal.toFixed(2), (3 + normal()).toFixed(2), ["red", "blue", "white", "pink"][Math.floor(4 * next())]!, ["setosa", "versicolor", "virginica"][kind]!]; // biome-ignore format: one line
  });
}
