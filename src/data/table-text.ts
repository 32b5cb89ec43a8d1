import { parseArff } from "./arff.ts";
import { type Csv, parseCsv } from "./csv.ts";
import { readBytes, readText, textIn } from "./find.ts";
import { parseJsonLines } from "./json-lines.ts";
import { isParquet, parquetCells } from "./parquet.ts";

/** What tables are read from besides text with separators, by the end of the file's name. */
const formats: readonly (readonly [RegExp, (text: string, file: string) => Csv])[] = [
  [/\.arff$/i, parseArff],
  [/\.(jsonl|ndjson)$/i, parseJsonLines],
];

/** Whether a name is that of a table's file. */
export const isTableFile = (name: string): boolean => /\.(csv|tsv|arff|jsonl|ndjson)$/i.test(name) || isParquet(name);

/** The reader of a file that isn't text with separators; undefined for others. */
export const readerFor = (file: string): ((text: string, file: string) => Csv) | undefined =>
  formats.find(([end]) => end.test(file))?.[1];

/** Reads a table in the format that its file's name says: ARFF, JSON lines, else CSV or TSV. Throws UserError as these do. */
export const parseTable = (text: string, file: string): Csv => (readerFor(file) ?? parseCsv)(text, file);

/** The table in a file, as `cellsIn` reads it. */
export const readCells = async (file: string, isRead?: (column: string) => boolean): Promise<Csv> =>
  isParquet(file) ? parquetCells(await readBytes(file), file, isRead) : parseTable(await readText(file), file);

/**
 * The table in a file's bytes, with cells as text: Parquet, or what parseTable reads. Columns that `isRead` refuses may hold what can't be read. Throws
 * UserError as these do.
 */
export const cellsIn = async (bytes: Uint8Array, file: string, isRead?: (column: string) => boolean): Promise<Csv> =>
  isParquet(file) ? parquetCells(bytes, file, isRead) : parseTable(textIn(bytes, file), file);
