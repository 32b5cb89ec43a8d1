import { UserError } from "../errors.ts";
import { counted, show } from "../rules.ts";
import type { Csv, Line } from "./csv.ts";

const KEYWORD = /^@attribute\s+/i;
const PLAIN_NAME = /[^\s{]+(?=[\s{])/y;

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
  const at = KEYWORD.exec(line)?.[0].length ?? line.length;
  PLAIN_NAME.lastIndex = at;
  const plain = isQuote(line[at]) ? undefined : PLAIN_NAME.exec(line)?.[0];
  const { text: name, end } = plain === undefined ? quotedAt(line, at) : { text: plain, end: at + plain.length };
  if (name === undefined || line.slice(end).trim() === "")
    throw new UserError(`${subject}: @attribute must have a name and a type, received ${show(line)}`);
  if (known.has(name)) throw new UserError(`${subject}: columns must have different names, ${show(name)} comes twice`);
  known.add(name);
  return name;
}

const isQuote = (character: string | undefined): boolean => character === "'" || character === '"';

/** A text in quotes, in which a backslash takes the next character as it is, and where it ends; no text where none begins at `start`, or isn't closed. */
function quotedAt(line: string, start: number): { readonly text?: string; readonly end: number } {
  const quote = line[start];
  if (!isQuote(quote)) return { end: start };
  const parts: string[] = [];
  for (let [at, from] = [start + 1, start + 1]; at < line.length; at++) {
    if (line[at] === "\\") {
      parts.push(line.slice(from, at));
      from = ++at;
    } else if (line[at] === quote) return { text: parts.join("") + line.slice(from, at), end: at + 1 };
  }
  return { end: start };
}

/** The cells of a row, in quotes or up to a comma. By hand: a pattern would try every way to share spaces between a cell and what surrounds it. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  for (let at = 0; ; ) {
    const { text, end } = quotedAt(line, spaceEnd(line, at));
    const after = spaceEnd(line, end);
    // Where something follows a closing quote, the cell is plain text up to the comma.
    const isQuoted = text !== undefined && (after === line.length || line[after] === ",");
    const found = isQuoted ? after : line.indexOf(",", at);
    const stop = found < 0 ? line.length : found;
    const plain = isQuoted ? text : line.slice(at, stop).trim();
    cells.push(!isQuoted && plain === "?" ? "" : plain);
    if (stop === line.length) return cells;
    at = stop + 1;
  }
}

const SPACE = /\s*/y;

function spaceEnd(line: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(line);
  return SPACE.lastIndex;
}
