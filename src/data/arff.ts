import { UserError } from "../errors.ts";
import { counted, show } from "../rules.ts";
import type { Csv, Line } from "./csv.ts";

/** A cell in quotes with backslashes, or without quotes up to a comma. */
const CELL = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,]*?))\s*(?:,|$)/y;
const ATTRIBUTE = /^@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|((?!['"])[^\s{]+(?=[\s{])))\s*\S/i;

/**
 * Reads a table in Weka's ARFF: a line @attribute for each column, and after @data a row a line; % begins a comment, ? is an empty cell. Throws UserError,
 * naming the line, for a row with more or fewer cells than columns, for sparse rows, and for a file without columns or @data.
 */
export function parseArff(text: string, file: string): Csv {
  const columns: string[] = [];
  const known = new Set<string>();
  const lines: Line[] = [];
  let inData = false;
  for (const [at, content] of text.split(/\r?\n/).entries()) {
    const subject = `data: ${file}, line ${at + 1}`;
    const trimmed = content.trim();
    if (trimmed === "" || trimmed.startsWith("%")) continue;
    if (inData) {
      if (trimmed.startsWith("{"))
        throw new UserError(`${subject}: rows must have all cells, sparse rows can't be read`);
      const cells = cellsOf(trimmed);
      if (cells.length !== columns.length)
        throw new UserError(
          `${subject}: there must be ${counted(columns.length, "cell")}, one an @attribute, received ${cells.length}`,
        );
      lines.push({ line: at + 1, cells });
    } else if (/^@data\b/i.test(trimmed)) inData = true;
    else if (/^@attribute\b/i.test(trimmed)) columns.push(nameOf(trimmed, subject, known));
    else if (!/^@relation\b/i.test(trimmed))
      throw new UserError(`${subject}: must be @relation, @attribute or @data, received ${show(trimmed)}`);
  }
  if (columns.length === 0 || !inData)
    throw new UserError(`data: ${file} must have lines @attribute, and @data before its rows`);
  return { columns, lines };
}

function nameOf(line: string, subject: string, known: Set<string>): string {
  const [, single, double, plain] = ATTRIBUTE.exec(line) ?? [];
  const name = single ?? double ?? plain;
  if (name === undefined)
    throw new UserError(`${subject}: @attribute must have a name and a type, received ${show(line)}`);
  const unescaped = plain ?? name.replace(/\\(.)/g, "$1");
  if (known.has(unescaped))
    throw new UserError(`${subject}: columns must have different names, ${show(unescaped)} comes twice`);
  known.add(unescaped);
  return unescaped;
}

function cellsOf(line: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    CELL.lastIndex = at;
    const found = CELL.exec(line);
    // Something follows a closing quote: the cell counts as plain text up to the comma.
    const [whole, single, double, plain] = found ?? [line.slice(at), undefined, undefined, line.slice(at)];
    const quoted = single ?? double;
    cells.push(quoted === undefined ? (plain === "?" ? "" : plain!) : quoted.replace(/\\(.)/g, "$1"));
    at += whole.length;
    if (!whole.endsWith(",") || whole.length === 0) break;
  }
  return cells;
}
