import { UserError } from "../errors.ts";
import { counted, show } from "../rules.ts";
import { CsvScanner } from "./csv-scan.ts";

/** A line of a table: its cells, and where it begins in the file (from 1). */
export interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A table as it is in its file: names of the columns, and as many cells in every line. */
export interface Csv {
  readonly columns: readonly string[];
  readonly lines: readonly Line[];
}

/**
 * Reads a table of text with a header line: RFC 4180's commas and quotes, or tabs or semicolons in place of commas, whichever the header has;
 * lines end with LF or CRLF. Throws UserError, naming file, line and column, for a line with more or fewer cells than the header,
 * for an empty line, for a quote that isn't closed, and for columns without names or with the same one.
 */
export function parseCsv(text: string, file: string): Csv {
  const [header, ...lines] = linesOf(text, file);
  if (!header) throw new UserError(`data: ${file} must begin with a line of column names, it is empty`);
  const columns = header.cells.map((name) => name.trim());
  const before = new Set<string>();
  columns.forEach((name, at) => {
    if (name === "") throw new UserError(`data: ${file}, line ${header.line}: column ${at + 1} has no name`);
    if (before.has(name))
      throw new UserError(
        `data: ${file}, line ${header.line}: columns must have different names, ${show(name)} comes twice`,
      );
    before.add(name);
  });
  for (const { line, cells } of lines) {
    if (cells.length === 1 && cells[0] === "" && columns.length > 1)
      throw new UserError(`data: ${file}, line ${line} is empty`);
    if (cells.length !== columns.length)
      throw new UserError(
        `data: ${file}, line ${line}: there must be ${counted(columns.length, "cell")}, as the header has, received ${cells.length}`,
      );
  }
  return { columns, lines };
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether a cell, without spaces around it, is a number: 12, -.5, 1e-3. */
export const isNumberText = (cell: string): boolean => NUMBER.test(cell);

const DECIMAL_COMMA = /^\s*[+-]?\d+,\d+\s*$/;

/** Whether a cell is a number with a comma where a point must be: "186,0". */
export const hasDecimalComma = (cell: string): boolean => DECIMAL_COMMA.test(cell);

/** What stands behind such a cell in an error; nothing behind any other. */
export const commaNote = (cell: string): string =>
  hasDecimalComma(cell) ? `: a decimal comma must be a point, ${cell.trim().replace(",", ".")}` : "";

function linesOf(text: string, file: string): Line[] {
  const bytes = new TextEncoder().encode(text);
  // Where every character is one byte, places of bytes are places of characters.
  const isAscii = bytes.length === text.length;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const lines: Line[] = [];
  const scanner = new CsvScanner(file, ({ line, count, bytes, starts, ends, doubled }) => {
    const cells = new Array<string>(count);
    for (let i = 0; i < count; i++) {
      const [start, end] = [starts[i]!, ends[i]!];
      const cell = isAscii ? text.slice(start, end) : decoder.decode(bytes.subarray(start, end));
      cells[i] = doubled[i] === 1 ? cell.replaceAll('""', '"') : cell;
    }
    lines.push({ line, cells });
  });
  scanner.whole(bytes);
  return lines;
}
