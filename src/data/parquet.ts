import { UserError } from "../errors.ts";
import { type Cells, openParquet } from "../formats/parquet/parquet.ts";
import type { Csv } from "./csv.ts";

/** Whether a name is that of a Parquet file. */
export const isParquet = (name: string): boolean => /\.(parquet|pq)$/i.test(name);

/**
 * The table in the bytes of a Parquet file with cells as a CSV file would have them: empty ones where a value is missing or NaN, true and false, dates and times by ISO
 * 8601. Lines are rows, counted from 1. The cells of columns that `isRead` refuses are empty. Throws UserError as openParquet does.
 */
export async function parquetCells(
  bytes: Uint8Array,
  file: string,
  isRead?: (column: string) => boolean,
): Promise<Csv> {
  const { rows, names, columns } = await openParquet(bytes, file, isRead);
  const cells = Array.from({ length: rows }, () => new Array<string>(names.length).fill(""));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const { name, read } of columns) {
    const place = names.indexOf(name);
    let row = 0;
    const add = (text: string): void => {
      cells[row++]![place] = text;
    };
    read({
      number: (value) => add(Number.isNaN(value) ? "" : String(value)),
      missing: () => row++,
      word: add,
      text(bytes, start, end) {
        add(decoded(decoder, bytes.subarray(start, end), file, name));
      },
    } satisfies Cells);
  }
  return { columns: names, lines: cells.map((row, i) => ({ line: i + 1, cells: row })) };
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, file: string, column: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new UserError(`data: ${file}: column ${column} must hold text in UTF-8, it holds something else`);
  }
}
