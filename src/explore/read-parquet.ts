import { readBytes } from "../data/find.ts";
import { UserError } from "../errors.ts";
import { openParquet } from "../formats/parquet/parquet.ts";
import { checkNames, Names } from "./names.ts";
import type { ReadOptions } from "./read.ts";
import { ColumnBuilder, type Table } from "./table.ts";

/**
 * The table in a Parquet file. Texts are read as cells of CSV are: NA is missing, and a text that spells a number is one. Places are rows, from 1. Throws
 * UserError for a file without rows, and as openParquet does.
 */
export async function parquetTable(file: string, { omit = [], onBytes }: ReadOptions = {}): Promise<Table> {
  const bytes = await readBytes(file);
  const { rows, names, columns } = await openParquet(bytes, file, (name) => !omit.includes(name));
  checkNames(file, omit, names);
  if (rows === 0) throw new UserError(`data: ${file} must have a row, received none`);
  const own = new Names();
  const made = columns.map(({ name: given, read }, i) => {
    const name = own.add(given.trim());
    const builder = new ColumnBuilder(file);
    read(builder);
    onBytes?.(((i + 1) / columns.length) * bytes.length, bytes.length);
    return builder.column(name);
  });
  return {
    ...{ file, rows, columns: made, renamed: own.made, skipped: { count: 0, lines: [] } },
    ...{ places: "row", lines: Int32Array.from({ length: rows }, (_, row) => row + 1) },
  };
}
