import { UserError } from "../errors.ts";
import { listed } from "../rules.ts";
import { type Column, MISSING, NUMBER, type Table } from "./table.ts";

/** Rows of a file to test on that are rows of the one to train on. */
export interface Shared {
  /** The file to test on. */
  readonly file: string;
  /** Its rows. */
  readonly rows: number;
  /** How many of them are in the other file, cell by cell, ids set aside. */
  readonly repeated: number;
  /** The first of them: its place, and that of the row to train on. */
  readonly first?: readonly [place: number, trained: number];
}

/**
 * Rows that both tables have, compared in the columns of the first without ids, by hashes of 64 bits: of a million rows each, two that differ count as equal with a
 * probability of 5e-8. Throws UserError where the second lacks a column.
 */
export function sharedRows(trained: Table, tested: Table, ids: ReadonlySet<string>): Shared {
  const columns = trained.columns.filter(({ name }) => !ids.has(name));
  const others = columns.map(({ name }) => tested.columns.find((column) => column.name === name));
  const missing = columns.filter((_, i) => !others[i]).map(({ name }) => name);
  if (missing.length > 0)
    throw new UserError(
      `explore: ${tested.file} must have the columns of ${trained.file}, it lacks ${listed(missing)}; it has ${listed(tested.columns.map(({ name }) => name))}`,
    );
  const places = new Map<bigint, number>();
  for (const [row, hash] of hashesOf(columns, trained.rows).entries()) if (!places.has(hash)) places.set(hash, row);
  let repeated = 0;
  let first: readonly [number, number] | undefined;
  for (const [row, hash] of hashesOf(others as Column[], tested.rows).entries()) {
    const found = places.get(hash);
    if (found === undefined) continue;
    repeated++;
    first ??= [tested.lines[row]!, trained.lines[found]!];
  }
  return { file: tested.file, rows: tested.rows, repeated, ...(first && { first }) };
}

/** A hash of each row's cells that doesn't depend on the table. [rows] */
function hashesOf(columns: readonly Column[], rows: number): BigUint64Array {
  const halves = new Int32Array(2 * rows);
  const number = new Float64Array(1);
  const words = new Int32Array(number.buffer);
  for (const { values, codes, hashes } of columns)
    for (let row = 0; row < rows; row++) {
      const code = codes ? codes[row]! : NUMBER;
      let [low, high] = [0x5bd1e995, code === MISSING ? 1 : 2];
      if (code >= 0) [low, high] = [hashes[0][code]!, hashes[1][code]!];
      else if (code === NUMBER) {
        // −0 is 0.
        number[0] = values![row]! + 0;
        [low, high] = [words[0]!, words[1]!];
      }
      halves[2 * row] = mixed(halves[2 * row]!, low, high);
      halves[2 * row + 1] = mixed(halves[2 * row + 1]! ^ 0x2545f491, high, low);
    }
  return new BigUint64Array(halves.buffer);
}

function mixed(before: number, a: number, b: number): number {
  let hash = Math.imul(before ^ a, 0xcc9e2d51);
  hash = Math.imul((hash ^ (hash >>> 15)) + b, 0x1b873593);
  return hash ^ (hash >>> 13);
}
