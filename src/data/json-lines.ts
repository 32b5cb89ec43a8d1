import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import type { Csv, Line } from "./csv.ts";

/** Cells that a table may have, however few of them a file holds. */
const MOST_CELLS = 1_000_000;

/**
 * Reads a table in JSON lines: an object in each line, whose names are the columns, in the order in which they come first. A name that a line lacks, and null,
 * are an empty cell; lists and objects are texts. Throws UserError, naming the line, for one that holds no object. https://jsonlines.org
 */
export function parseJsonLines(text: string, file: string): Csv {
  const rows = text.split("\n").flatMap((content, at) => {
    if (content.trim() === "") return [];
    return [{ line: at + 1, row: objectIn(content, `data: ${file}, line ${at + 1}`) }];
  });
  const columns = [...new Set(rows.flatMap(({ row }) => [...row.keys()]))];
  if (columns.length === 0)
    throw new UserError(`data: ${file} must have an object with columns in each line, it has none`);
  if (rows.length * columns.length > Math.max(MOST_CELLS, 10 * text.length))
    throw new UserError(
      `data: ${file} must have the same names in its lines, its ${rows.length} lines have ${columns.length} different ones`,
    );
  const lines: Line[] = rows.map(({ line, row }) => ({ line, cells: columns.map((name) => cellOf(row.get(name))) }));
  return { columns, lines };
}

function objectIn(content: string, subject: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new UserError(`${subject}: must be one object in JSON, received ${show(content.trim())}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(`${subject}: must be one object in JSON, received ${show(value)}`);
  // Any text may be a name: __proto__ is one, and toString is none that each line has.
  return new Map(Object.entries(value));
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}
