import { UserError } from "../errors.ts";
import { counted, cut, plural, show } from "../rules.ts";
import { median } from "../statistics/sample.ts";
import { type Cell, hasTexts, type TableColumn } from "../tables/columns.ts";
import { isMissing } from "../tables/missing.ts";
import { byNumber } from "./classes.ts";
import { commaNote, hasDecimalComma, isNumberText } from "./csv.ts";

/** Texts of a column that have a number each. */
const MOST_TEXTS = 50;
/** The largest number that float32 holds, for messages. */
const BOUND = "±3.4e38";

/** Cells of a column, in rows. */
export interface Cells {
  readonly name: string;
  /** As in the file. [rows] */
  readonly cells: readonly string[];
  /** What an error says of a row. */
  placeOf(row: number): string;
}

/** The same as values, one a row: numbers, NaN where one is missing, or texts, null where one is. */
export type ReadColumn =
  | { readonly name: string; readonly isText: false; readonly values: Float64Array }
  | { readonly name: string; readonly isText: true; readonly values: readonly (string | null)[] };

/** Whether a number is within what float32 holds. */
const fits = (value: number): boolean => Number.isFinite(Math.fround(value));

/**
 * Reads the cells of a column. It holds texts where at most half of its cells are numbers, unless `kind` says otherwise; a number with a decimal comma is one
 * that is spelled wrongly. Throws UserError, naming the row, for what is no number among numbers, and for one beyond float32.
 */
export function readColumn({ name, cells, placeOf }: Cells, kind?: "text" | "numbers"): ReadColumn {
  const all = cells.map((cell) => cell.trim());
  const values = new Float64Array(all.length).fill(Number.NaN);
  let [numbers, others, firstOther] = [0, 0, -1];
  for (const [row, cell] of all.entries()) {
    if (isMissing(cell)) continue;
    const value = isNumberText(cell) ? Number(cell) : Number.NaN;
    if (Number.isNaN(value) && !hasDecimalComma(cell)) others++;
    else numbers++;
    if (fits(value)) values[row] = value;
    else if (firstOther < 0) firstOther = row;
  }
  const isText = kind === undefined ? others > 0 && numbers <= others : kind === "text";
  if (isText) return { name, isText, values: all.map((cell) => (isMissing(cell) ? null : cell)) };
  if (firstOther < 0) return { name, isText, values };
  const cell = all[firstOther]!;
  const rule = isNumberText(cell) ? `numbers must be within ${BOUND}` : "the cell must be a number";
  throw new UserError(`${placeOf(firstOther)}column ${name}: ${rule}, received ${show(cell)}${commaNote(cell)}`);
}

/**
 * What a column becomes, fitted to the rows to train on. Throws UserError, in the name of `subject`, for a column without any value there, and for texts that
 * differ in most rows.
 */
export function fitColumn(column: ReadColumn, train: Int32Array, subject: string): TableColumn {
  const { name, isText } = column;
  const there = Array.from(train, (row) => valueAt(column, row)).filter((value) => value !== null);
  if (there.length === 0)
    throw new UserError(
      `${subject}: column ${name} has no value in the ${counted(train.length, "row")} to train on: omit it with omit (--omit ${name})`,
    );
  const missing = there.length < train.length && { missing: true as const };
  if (!isText) return { name, fill: Math.fround(median(there.map(Number))), ...missing };
  const counts = new Map<string, number>();
  for (const text of there.map(String)) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size > 1 && 2 * counts.size > there.length && (counts.size > MOST_TEXTS || counts.size === there.length))
    throw new UserError(
      `${subject}: column ${name} has ${counts.size} different texts in ${there.length} rows, such as ${show(cut(String(there[0]), 40))}, and says nothing about other rows: omit it with omit (--omit ${name})`,
    );
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([text]) => text);
  const texts = byCount.slice(0, MOST_TEXTS).sort(byNumber);
  return { name, texts, ...(byCount.length > texts.length && { other: true as const }), ...missing };
}

/** A column's value in a row; null where it is missing. */
export function valueAt({ isText, values }: ReadColumn, row: number): Cell {
  if (isText) return values[row]!;
  const value = values[row]!;
  return Number.isNaN(value) ? null : value;
}

/** A column as it is encoded: a text that no row to train on has is missing. */
export function encodable(column: TableColumn, read: ReadColumn): ReadColumn {
  if (!read.isText || !hasTexts(column) || column.other) return read;
  const known = new Set<string | null>(column.texts);
  return { ...read, values: read.values.map((text) => (known.has(text) ? text : null)) };
}

/** What is odd about rows that aren't trained on, as a network will read them: texts and missing cells that no row to train on has. */
export function unseenIn(column: TableColumn, read: ReadColumn, rows: Int32Array): string[] {
  const { name } = column;
  const held = Array.from(rows, (row) => valueAt(read, row));
  const lacking = column.missing ? 0 : held.filter((value) => value === null).length;
  const known = new Set<Cell>(hasTexts(column) ? [...column.texts, null] : []);
  const unknown = hasTexts(column) && !column.other ? held.filter((value) => !known.has(value)) : [];
  const as = hasTexts(column) ? "as no text" : `as the median, ${column.fill}`;
  const texts = `texts of ${name} that none to train on has, such as ${show(cut(String(unknown[0]), 40))}`;
  return [
    ...(lacking > 0
      ? [`${counted(lacking, "row")} to validate or test with ${plural(lacking, "lacks", "lack")} ${name}, and none to train on: read ${as}`] // biome-ignore format: one line
      : []),
    ...(unknown.length > 0
      ? [`${counted(unknown.length, "row")} to validate or test with ${plural(unknown.length, "has", "have")} ${texts}: read as missing`] // biome-ignore format: one line
      : []),
  ];
}
