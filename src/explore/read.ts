import type { Csv } from "../data/csv.ts";
import type { Cells } from "../data/csv-scan.ts";
import { CsvScanner } from "../data/csv-scan.ts";
import { checkedSize, checkUtf8, readText, refusePlatform } from "../data/find.ts";
import { isParquet } from "../data/parquet.ts";
import { readerFor } from "../data/table-text.ts";
import { UserError } from "../errors.ts";
import { checkNames, Names } from "./names.ts";

import { parquetTable } from "./read-parquet.ts";
import { ColumnBuilder, type Table } from "./table.ts";

/** Bytes that are read at once. */
const PIECE = 2 ** 20;
/** Lines that a finding names. */
const NAMED = 5;
const SPACE = 32;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Where the reading is. */
export interface ReadOptions {
  /** Columns that are not read. */
  readonly omit?: readonly string[] | undefined;
  /** Told after each megabyte how many bytes are done, of how many; may throw to stop. */
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
}

/** Makes a table of the lines of a scanner. */
export class TableBuilder {
  readonly #file: string;
  readonly #builders: { readonly name: string; readonly cell: number; readonly builder: ColumnBuilder }[] = [];
  readonly #omit: ReadonlySet<string>;
  readonly #names = new Names();
  #lines = new Int32Array(16);
  #rows = 0;
  readonly #skipped = { count: 0, lines: [] as number[] };
  #begun = false;

  constructor(file: string, omit: readonly string[] = []) {
    this.#file = file;
    this.#omit = new Set(omit);
  }

  /** Reads the header from the first line, a row from any other. */
  line(cells: Cells): void {
    if (this.#begun) this.#row(cells);
    else this.#header(cells);
  }

  #row(cells: Cells): void {
    const { line, count, bytes, starts, ends, doubled } = cells;
    const isEmpty = count === 1 && starts[0] === ends[0] && this.#names.all.length > 1;
    if (isEmpty || count !== this.#names.all.length) {
      if (this.#skipped.count++ < NAMED) this.#skipped.lines.push(line);
      return;
    }
    if (this.#rows === this.#lines.length) {
      const lines = new Int32Array(2 * this.#rows);
      lines.set(this.#lines);
      this.#lines = lines;
    }
    this.#lines[this.#rows++] = line;
    for (const { cell, builder } of this.#builders) {
      let [start, end] = [starts[cell]!, ends[cell]!];
      while (start < end && bytes[start]! <= SPACE) start++;
      while (start < end && bytes[end - 1]! <= SPACE) end--;
      if (doubled[cell] === 0) builder.text(bytes, start, end);
      else {
        const text = new TextEncoder().encode(this.#textIn(bytes, start, end).replaceAll('""', '"'));
        builder.text(text, 0, text.length);
      }
    }
  }

  #header({ count, bytes, starts, ends }: Cells): void {
    this.#begun = true;
    for (let cell = 0; cell < count; cell++) {
      const name = this.#names.add(this.#textIn(bytes, starts[cell]!, ends[cell]!).trim());
      if (!this.#omit.has(name)) this.#builders.push({ name, cell, builder: new ColumnBuilder(this.#file) });
    }
    checkNames(this.#file, this.#omit, this.#names.all);
  }

  #textIn(bytes: Uint8Array, start: number, end: number): string {
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      throw new UserError(`data: ${this.#file} must be text in UTF-8, it is something else`);
    }
  }

  /** The table, once all lines are there. Throws UserError where there is none. */
  table(): Table {
    if (!this.#begun) throw new UserError(`data: ${this.#file} must begin with a line of column names, it is empty`);
    if (this.#rows === 0)
      throw new UserError(
        `data: ${this.#file} must have a row below its header, received ${this.#skipped.count === 0 ? "none" : `${this.#skipped.count} lines with another number of cells, the first in line ${this.#skipped.lines[0]}`}`,
      );
    return {
      ...{ file: this.#file, rows: this.#rows, lines: this.#lines.subarray(0, this.#rows), places: "line" },
      columns: this.#builders.map(({ name, builder }) => builder.column(name)),
      ...{ skipped: this.#skipped, renamed: this.#names.made },
    };
  }
}

/**
 * The table in a CSV or TSV file of any size, in Parquet of less than 2 GiB, or in ARFF or JSON lines of at most 256 MiB. Throws UserError for one that is missing, isn't text, or has no
 * rows.
 */
export async function readTable(file: string, { omit, onBytes }: ReadOptions = {}): Promise<Table> {
  if (isParquet(file)) return parquetTable(file, { omit, onBytes });
  const read = readerFor(file);
  if (read) return tableOf(read(await readText(file), file), file, omit);
  const size = await checkedSize(file);
  const builder = new TableBuilder(file, omit);
  const scanner = new CsvScanner(file, (cells) => builder.line(cells));
  const { open } = await import("node:fs/promises").catch(refusePlatform);
  const handle = await open(file);
  try {
    const piece = new Uint8Array(PIECE);
    for (let done = 0; ; ) {
      const { bytesRead } = await handle.read(piece, 0, PIECE);
      if (bytesRead === 0) break;
      if (done === 0) checkUtf8(piece.subarray(0, bytesRead), file);
      const isMarked = done === 0 && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf;
      scanner.push(piece.subarray(isMarked ? 3 : 0, bytesRead));
      done += bytesRead;
      onBytes?.(done, size);
    }
  } finally {
    await handle.close();
  }
  scanner.end();
  return builder.table();
}

/** The same of lines that were read already. */
function tableOf({ columns, lines }: Csv, file: string, omit?: readonly string[]): Table {
  const builder = new TableBuilder(file, omit);
  for (const { line, cells } of [{ line: 1, cells: columns }, ...lines]) builder.line(cellsOf(line, cells));
  return builder.table();
}

/** Cells of text as places in bytes. */
export function cellsOf(line: number, texts: readonly string[]): Cells {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const ends = Int32Array.from(parts, ({ length }) => length);
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
  const bytes = new Uint8Array(ends.at(-1) ?? 0);
  const starts = ends.map((end, i) => end - parts[i]!.length);
  for (const [i, part] of parts.entries()) bytes.set(part, starts[i]!);
  return { line, count: parts.length, bytes, starts, ends, doubled: new Uint8Array(parts.length) };
}
