import { UserError } from "../errors.ts";
import { show } from "../rules.ts";

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
  columns.forEach((name, at) => {
    if (name === "") throw new UserError(`data: ${file}, line ${header.line}: column ${at + 1} has no name`);
    if (columns.indexOf(name) < at)
      throw new UserError(
        `data: ${file}, line ${header.line}: columns must have different names, ${show(name)} comes twice`,
      );
  });
  for (const { line, cells } of lines) {
    if (cells.length === 1 && cells[0] === "" && columns.length > 1)
      throw new UserError(`data: ${file}, line ${line} is empty`);
    if (cells.length !== columns.length)
      throw new UserError(
        `data: ${file}, line ${line}: there must be ${columns.length} cells, as the header has, received ${cells.length}`,
      );
  }
  return { columns, lines };
}

const DECIMAL_COMMA = /^\s*[+-]?\d+,\d+\s*$/;

/** Whether a cell is a number with a comma where a point must be: "186,0". */
export const hasDecimalComma = (cell: string): boolean => DECIMAL_COMMA.test(cell);

/** What stands behind such a cell in an error; nothing behind any other. */
export const commaNote = (cell: string): string =>
  hasDecimalComma(cell) ? `: a decimal comma must be a point, ${cell.trim().replace(",", ".")}` : "";

/** The character between cells: of tab, comma and semicolon the first that the header has, outside of quotes. */
function separatorOf(text: string): string {
  const [header = ""] = text.replace(/"(?:[^"]|"")*"/g, "").split("\n", 1);
  return ["\t", ",", ";"].find((candidate) => header.includes(candidate)) ?? ",";
}

function linesOf(text: string, file: string): Line[] {
  const separator = separatorOf(text);
  const lines: Line[] = [];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const begun = line;
    const cells: string[] = [];
    for (let more = true; more; ) {
      const { value, end } = text[at] === '"' ? quotedAt(text, at, file, line) : plainAt(text, at, separator);
      cells.push(value);
      for (let i = at; i < end; i++) if (text[i] === "\n") line++;
      more = text[end] === separator;
      if (!more && end < text.length && !/^\r?\n/.test(text.slice(end, end + 2)))
        throw new UserError(
          `data: ${file}, line ${line}: after a closing quote the cell must end, received ${show(text.slice(end, end + 10))}`,
        );
      at = more ? end + 1 : end + (text[end] === "\r" ? 2 : 1);
    }
    line++;
    lines.push({ line: begun, cells });
  }
  return lines;
}

/** A cell without quotes: up to the next separator, the end of the line, or of the text. */
function plainAt(text: string, from: number, separator: string): { value: string; end: number } {
  let end = from;
  while (end < text.length && text[end] !== separator && text[end] !== "\n") end++;
  if (text[end] === "\n" && text[end - 1] === "\r" && end > from) end--;
  return { value: text.slice(from, end), end };
}

/** A cell in quotes, in which a quote is doubled. */
function quotedAt(text: string, from: number, file: string, line: number): { value: string; end: number } {
  let end = from + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) throw new UserError(`data: ${file}, line ${line}: a quote is opened here and not closed`);
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  return { value: text.slice(from + 1, end).replaceAll('""', '"'), end: end + 1 };
}
