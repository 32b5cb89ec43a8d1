import { UserError } from "../errors.ts";
import { listed, show, suggestion } from "../rules.ts";

/** A column of numbers as a network reads it: the number, and where some were missing in training a further one, 1 where it is. */
export interface NumberColumn {
  /** As in the file. */
  readonly name: string;
  /** Stands for a missing number: the median of the rows to train on. */
  readonly fill?: number;
  /** Whether rows to train on lack it. */
  readonly missing?: true;
}

/** A column of texts as a network reads it: a number for each text, 1 at the row's own, else 0; all are 0 where the text is missing. */
export interface TextColumn {
  /** As in the file. */
  readonly name: string;
  /** Those of the rows to train on, the most frequent ones where there are many. */
  readonly texts: readonly string[];
  /** Whether a further number is 1 at all other texts. */
  readonly other?: true;
  /** Whether rows to train on lack it: a further number is 1 there. */
  readonly missing?: true;
}

/** A column of a table, and what it becomes. */
export type TableColumn = NumberColumn | TextColumn;

/** What a row has in a column; null where it is missing. */
export type Cell = number | string | null;

/** Whether a column holds texts. */
export const hasTexts = (column: TableColumn): column is TextColumn => "texts" in column;

/** Names of the numbers that a column becomes. */
const namesOfOne = (column: TableColumn): string[] => [
  ...(hasTexts(column) ? column.texts.map((text) => `${column.name} = ${text}`) : [column.name]),
  ...(hasTexts(column) && column.other ? [`${column.name} = any other`] : []),
  ...(column.missing ? [`${column.name} is missing`] : []),
];

/** Names of the numbers that columns become, one after another. */
export const numberNames = (columns: readonly TableColumn[]): string[] => columns.flatMap(namesOfOne);

/** Whether each of those numbers says 0 or 1 about a text or a missing cell, and is no number of the table. */
export const areIndicators = (columns: readonly TableColumn[]): boolean[] =>
  columns.flatMap((column) => namesOfOne(column).map((_, i) => hasTexts(column) || i > 0));

/**
 * Writes what columns become into `x` from `at` on. Throws UserError, in the name of `subject` and the column, for a number that is beyond float32, for what
 * is no number, and for a text that no row to train on had. A missing cell has all numbers 0 but for that which says so, and a number its median.
 * @returns where the next row goes
 */
export function encodeRow(
  columns: readonly TableColumn[],
  cellOf: (name: string, column: number) => Cell,
  { x, at, subject }: { readonly x: Float32Array | number[]; readonly at: number; readonly subject: string },
): number {
  let place = at;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    const cell = cellOf(column.name, i);
    if (hasTexts(column)) place = writeText(column, cell, { x, at: place, subject });
    else {
      x[place++] = cell === null ? filled(column, subject) : numberIn(column, cell, subject);
      if (column.missing) x[place++] = cell === null ? 1 : 0;
    }
  }
  return place;
}

function writeText(
  { name, texts, other, missing }: TextColumn,
  cell: Cell,
  { x, at, subject }: { readonly x: Float32Array | number[]; readonly at: number; readonly subject: string },
): number {
  const text = cell === null ? undefined : String(cell);
  const known = text === undefined ? -1 : texts.indexOf(text);
  if (text !== undefined && known < 0 && !other)
    throw new UserError(
      `${subject}column ${name} must be one of ${listed(texts)}, as in training, or missing, received ${show(text)}${suggestion(text, texts)}`,
    );
  let place = at;
  for (let i = 0; i < texts.length; i++) x[place++] = i === known ? 1 : 0;
  if (other) x[place++] = text !== undefined && known < 0 ? 1 : 0;
  if (missing) x[place++] = text === undefined ? 1 : 0;
  return place;
}

function filled({ name, fill }: NumberColumn, subject: string): number {
  if (fill !== undefined) return fill;
  throw new UserError(`${subject}column ${name} must be a finite number, received null`);
}

function numberIn({ name }: NumberColumn, cell: number | string, subject: string): number {
  if (typeof cell !== "number" || !Number.isFinite(Math.fround(cell)))
    throw new UserError(`${subject}column ${name} must be a finite number, received ${show(cell)}`);
  return cell;
}

/** Whether a value of JSON describes columns. */
export const areColumns = (value: unknown): value is readonly TableColumn[] =>
  Array.isArray(value) && value.every(isColumn);

function isColumn(column: unknown): boolean {
  if (typeof column !== "object" || column === null || Array.isArray(column)) return false;
  const { name, fill, texts, other, missing } = column as { readonly [key: string]: unknown };
  const isTexts = texts === undefined || (Array.isArray(texts) && texts.every((text) => typeof text === "string"));
  const isFill = fill === undefined || (typeof fill === "number" && Number.isFinite(Math.fround(fill)));
  const areFlags = [other, missing].every((flag) => flag === undefined || flag === true);
  return typeof name === "string" && isTexts && isFill && areFlags;
}
