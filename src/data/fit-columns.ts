import { UserError } from "../errors.ts";
import { cut, show } from "../rules.ts";
import { median } from "../statistics/sample.ts";
import { type Cell, hasTexts, type TableColumn } from "../tables/columns.ts";
import { isMissing } from "../tables/missing.ts";
import { byNumber } from "./classes.ts";
import { commaNote, hasDecimalComma, isNumberText } from "./csv.ts";

/** Texts of a column that have a number each. */
const MOST_TEXTS = 50;
/** The largest number that float32 holds, for messages. */
const BOUND = "±3.4e38";

/**
 * A cell of a file as a column reads it: a number where it has numbers. Throws UserError, in the name of `subject`, for what is no number there, and for one
 * beyond float32.
 */
export function cellIn(column: Pick<TableColumn, "name">, text: string, subject: string): Cell {
  const cell = text.trim();
  if (isMissing(cell)) return null;
  if ("texts" in column) return cell;
  if (isNumberText(cell) && Number.isFinite(Math.fround(Number(cell)))) return Number(cell);
  const rule = isNumberText(cell) ? `numbers must be within ${BOUND}` : "the cell must be a number";
  throw new UserError(`${subject}column ${column.name}: ${rule}, received ${show(cell)}${commaNote(cell)}`);
}

/** Cells of a column, in rows. */
export interface Cells {
  readonly name: string;
  /** As in the file. [rows] */
  readonly cells: readonly string[];
  /** What an error says of a row. */
  placeOf(row: number): string;
}

/** Whether a column has texts: at most half of its cells are numbers. One with a decimal comma is a number that is spelled wrongly. */
export function holdsText(cells: readonly string[]): boolean {
  let [numbers, texts] = [0, 0];
  for (const cell of cells) {
    const text = cell.trim();
    if (isMissing(text)) continue;
    if (isNumberText(text) || hasDecimalComma(text)) numbers++;
    else texts++;
  }
  return texts > 0 && numbers <= texts;
}

/**
 * What a column becomes, fitted to the rows to train on. Throws UserError, in the name of `subject`, for a column without any value there, for text among
 * numbers, and for texts that differ in most rows.
 */
export function fitColumn(
  { name, cells, placeOf }: Cells,
  isText: boolean,
  train: Int32Array,
  subject: string,
): TableColumn {
  // biome-ignore format: one line
  const column = isText ? { name, texts: [] } : { name };
  const values = cells.map((cell, row) => cellIn(column, cell, placeOf(row)));
  const there = Array.from(train, (row) => values[row]!).filter((value) => value !== null);
  if (there.length === 0)
    throw new UserError(
      `${subject}: column ${name} has no value in the ${train.length} rows to train on: omit it with omit (--omit ${name})`,
    );
  const missing = there.length < train.length && { missing: true as const };
  if (!isText) return { name, fill: Math.fround(median(there as number[])), ...missing };
  const counts = new Map<Cell, number>();
  for (const text of there) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size > 1 && 2 * counts.size > there.length && (counts.size > MOST_TEXTS || counts.size === there.length))
    throw new UserError(
      `${subject}: column ${name} has ${counts.size} different texts in ${there.length} rows, such as ${show(cut(String(there[0]), 40))}, and says nothing about other rows: omit it with omit (--omit ${name})`,
    );
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a! < b! ? -1 : 1)).map(([text]) => String(text));
  const texts = byCount.slice(0, MOST_TEXTS).sort(byNumber);
  return { name, texts, ...(byCount.length > texts.length && { other: true as const }), ...missing };
}

/** The cells of columns as they are encoded, by name: a text that no row to train on has is missing. */
export const encodable = (
  columns: readonly TableColumn[],
  all: readonly Cells[],
): ReadonlyMap<string, readonly Cell[]> =>
  new Map(
    all.map(({ name, cells, placeOf }, i) => {
      const column = columns[i]!;
      const isKnown = (cell: Cell): boolean =>
        !hasTexts(column) || column.other === true || column.texts.includes(String(cell));
      const values = cells.map((cell, row) => cellIn(column, cell, placeOf(row)));
      return [name, values.map((cell) => (cell !== null && isKnown(cell) ? cell : null))];
    }),
  );

/** What is odd about rows that aren't trained on, as a network will read them: texts and missing cells that no row to train on has. */
export function unseenIn(columns: readonly TableColumn[], columnCells: readonly Cells[], rows: Int32Array): string[] {
  return columns.flatMap((column, i) => {
    const { name } = column;
    const cells = Array.from(rows, (row) => columnCells[i]!.cells[row]!.trim());
    const lacking = column.missing ? 0 : cells.filter(isMissing).length;
    const unknown =
      hasTexts(column) && !column.other ? cells.filter((cell) => !isMissing(cell) && !column.texts.includes(cell)) : [];
    const read = hasTexts(column) ? "as no text" : `as the median, ${"fill" in column ? column.fill : ""}`;
    return [
      ...(lacking > 0
        ? [`${times(lacking)} to validate or test with ${lacking === 1 ? "lacks" : "lack"} ${name}, and none to train on: read ${read}`] // biome-ignore format: one line
        : []),
      ...(unknown.length > 0
        ? [`${times(unknown.length)} to validate or test with ${unknown.length === 1 ? "has" : "have"} texts of ${name} that none to train on has, such as ${show(cut(unknown[0]!, 40))}: read as missing`] // biome-ignore format: one line
        : []),
    ];
  });
}

const times = (count: number): string => (count === 1 ? "1 row" : `${count} rows`);
