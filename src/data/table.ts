import { UserError } from "../errors.ts";
import { NdArray } from "../graph/index.ts";
import { checkNumber, listed, plural, show, suggestion } from "../rules.ts";
import { encodeRow, numberNames } from "../tables/columns.ts";
import { isMissing } from "../tables/missing.ts";
import { byNumber } from "./classes.ts";
import type { Csv } from "./csv.ts";
import type { DataSource, Dataset, LabelledDataset } from "./dataset.ts";
import { type Drawn, type DrawOptions, drawn, drawOptions } from "./draw.ts";
import { encodable, fitColumn, type ReadColumn, readColumn, unseenIn, valueAt } from "./fit-columns.ts";
import { divided } from "./from-arrays.ts";
import { cellsIn, parseTable, readCells } from "./table-text.ts";

/** How a table is read and split. */
export interface TableOptions extends Omit<DrawOptions, "seed"> {
  /** The file: CSV or TSV with a header line, ARFF, JSON lines, or Parquet. */
  readonly file?: string | undefined;
  /** The column to predict, or several columns of numbers. */
  readonly target?: string | readonly string[] | undefined;
  /** Whether the target is numbers or classes (default: classes where it holds text). */
  readonly as?: "values" | "classes" | undefined;
  /** Columns that are not read, such as a number of the row. */
  readonly omit?: readonly string[] | undefined;
  /** Columns whose numbers are names and no amounts, such as a postcode: each gets a number of its own, as texts do. */
  readonly categorical?: readonly string[] | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** Rows of a table: inputs `x` [N, columns], and numbers `y` [N, targets] or a class `label` [N] to predict. */
export type TableDataset = Dataset<"x" | "y"> | LabelledDataset;

/** A table of the user's own. */
export const table: DataSource<TableOptions, TableDataset> = {
  name: "table",
  summary: "rows of a CSV or TSV file of your own, with the column to predict",
  options: ["file", "target", "as", "omit", "categorical", ...drawOptions, "splitSeed"],
  async load({ file, target, ...options }) {
    if (typeof file !== "string" || file === "")
      throw new UserError("data: the data set 'table' needs a CSV or TSV file, as file (--file FILE)");
    const csv = await readCells(file, (name) => !options.omit?.includes(name));
    return withTargets(csv, file, target, options);
  },
};

/** The data set in the bytes of a file, as the source `table` reads it. */
export const tableInBytes = async (
  bytes: Uint8Array,
  { file = "", target, ...options }: TableOptions,
): Promise<TableDataset> =>
  withTargets(await cellsIn(bytes, file, (name) => !options.omit?.includes(name)), file, target, options);

function withTargets(
  csv: Csv,
  file: string,
  target: TableOptions["target"],
  options: Omit<TableOptions, "file" | "target">,
): TableDataset {
  const targets = typeof target === "string" ? [target] : target;
  if (!Array.isArray(targets) || targets.length === 0)
    throw new UserError(
      `data: ${file} needs the column to predict, as target (--target COLUMN); its columns are ${listed(csv.columns)}`,
    );
  return tableFrom(csv, file, targets, options);
}

/**
 * A data set from a table or its text. Rows are drawn for the splits by a seed, each class in proportion. What columns of text become, and what stands for
 * a missing number, is fitted to the rows to train on. Throws UserError, naming file, line and column, for a cell that is no number among numbers, and for
 * a column that isn't there or says nothing.
 */
export function tableFrom(
  text: string | Csv,
  file: string,
  targets: readonly string[],
  { as, omit = [], categorical = [], splitSeed = 0, ...split }: Omit<TableOptions, "file" | "target">,
): TableDataset {
  if (as !== undefined && as !== "values" && as !== "classes")
    throw new UserError(`data: as must be values or classes, received ${show(as)}`);
  const whole = typeof text === "string" ? parseTable(text, file) : text;
  if (whole.lines.length < 3)
    throw new UserError(`data: ${file} must have at least 3 lines below its header, received ${whole.lines.length}`);
  for (const name of [...targets, ...omit, ...categorical]) placeOf(whole, file, name);
  checkRoles(targets, omit, categorical);
  const inputs = whole.columns.filter((name) => !targets.includes(name) && !omit.includes(name));
  if (inputs.length === 0) throw new UserError(`data: ${file} must have a column beside the target to predict it from`);
  const [first = ""] = targets;
  const { csv, warnings } = withTarget(whole, file, targets);
  const counted = as === "classes" || (as === undefined && targets.length === 1 && columnIn(csv, file, first).isText);
  if (counted && targets.length > 1)
    throw new UserError(`data: a target of classes must be one column, received ${targets.join(", ")}`);
  checkNumber("data: splitSeed", splitSeed, { whole: true, atLeast: 0, below: 2 ** 32 });
  const subject = `data: ${file}`;
  const drawnBy = (of: ArrayLike<number>, classes?: number): Drawn =>
    drawn(subject, csv.lines.length, { of, classes, name: first }, { ...split, seed: splitSeed });
  const reading = { csv, file, inputs, categorical, warnings };
  if (!counted) {
    const y = numbersIn(csv, file, targets);
    const rows = drawnBy(Float64Array.from(csv.lines, (_, row) => y.data[row * targets.length]!));
    const { x, field, said } = inputsIn(reading, rows);
    const data = divided(subject, { x, y }, { name: "table" }, () => rows);
    const { fields } = data;
    return { ...data, ...said, fields: { x: { ...fields.x, ...field }, y: { ...fields.y, columns: targets } } };
  }
  const { label, names } = classesIn(csv, file, first);
  const rows = drawnBy(label.data, names.length);
  const { x, field, said } = inputsIn({ ...reading, warnings: [...warnings, ...unlearned(label, names, rows.train)] }, rows); // biome-ignore format: one line
  const data = divided(subject, { x, label }, { name: "table", classes: { label: names } }, () => rows);
  const { fields } = data;
  return { ...data, ...said, fields: { x: { ...fields.x, ...field }, label: { ...fields.label, columns: targets } } };
}

function placeOf({ columns }: Csv, file: string, name: string): number {
  const place = columns.indexOf(name);
  if (place < 0)
    throw new UserError(
      `data: ${file} has no column ${show(name)}${suggestion(name, columns)}; its columns are ${listed(columns)}`,
    );
  return place;
}

/** Throws UserError for a column that is named twice, for two things that exclude each other. */
function checkRoles(targets: readonly string[], omit: readonly string[], categorical: readonly string[]): void {
  const twice = targets.find((name, i) => targets.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`data: targets must be different columns, ${show(twice)} comes twice`);
  const omitted = [...targets, ...categorical].find((name) => omit.includes(name));
  if (omitted !== undefined)
    throw new UserError(`data: omit names ${show(omitted)}, which is the target or categorical: it can't be both`);
  const aim = categorical.find((name) => targets.includes(name));
  if (aim !== undefined)
    throw new UserError(`data: categorical is of inputs, ${show(aim)} is the target: make classes of it by as classes (--as classes)`); // biome-ignore format: one line
}

/** The cells of a column. */
function columnOf({ columns, lines }: Csv, name: string): string[] {
  const place = columns.indexOf(name);
  return lines.map(({ cells }) => cells[place]!);
}

/** The lines that have all targets, and a warning where some have not. */
function withTarget(csv: Csv, file: string, targets: readonly string[]): { csv: Csv; warnings: readonly string[] } {
  const all = targets.map((name) => columnOf(csv, name));
  const lacks = (row: number): boolean => all.some((cells) => isMissing(cells[row]!.trim()));
  const lacking = csv.lines.filter((_, row) => lacks(row));
  if (lacking.length === 0) return { csv, warnings: [] };
  const lines = csv.lines.filter((_, row) => !lacks(row));
  const what = `${lacking.length} of ${csv.lines.length} rows ${plural(lacking.length, "lacks", "lack")} ${targets.join(" or ")}`;
  if (lines.length < 3) throw new UserError(`data: ${file} must have at least 3 rows with the target, but ${what}`);
  return {
    csv: { ...csv, lines },
    warnings: [`${what} and ${plural(lacking.length, "is", "are")} not used, the first in line ${lacking[0]!.line}`],
  };
}

/** The class of each row, and the names of classes in order. */
function classesIn(csv: Csv, file: string, name: string): { label: NdArray; names: readonly string[] } {
  const cells = columnOf(csv, name).map((cell) => cell.trim());
  const names = [...new Set(cells)].sort(byNumber);
  if (names.length < 2)
    throw new UserError(`data: ${file}: column ${name} must have at least 2 classes, all rows have ${show(names[0])}`);
  const places = new Map(names.map((text, place) => [text, place]));
  return {
    label: new NdArray(
      Int32Array.from(cells, (cell) => places.get(cell)!),
      [cells.length],
    ),
    names,
  };
}

/** A warning of classes that no row to train on has, and that a network can't learn. */
function unlearned({ data }: NdArray, names: readonly string[], train: Int32Array): string[] {
  const there = new Set(Array.from(train, (row) => data[row]));
  const lacking = names.filter((_, label) => !there.has(label));
  if (lacking.length === 0) return [];
  return [`no row to train on has ${lacking.length === 1 ? "the class" : "the classes"} ${listed(lacking)}: they can't be learned`]; // biome-ignore format: one line
}

/** Columns of numbers to predict side by side: [lines, columns]. */
function numbersIn(csv: Csv, file: string, names: readonly string[]): NdArray {
  const data = new Float32Array(csv.lines.length * names.length);
  names.forEach((name, column) => {
    const { isText, values } = columnIn(csv, file, name);
    if (isText)
      throw new UserError(
        `data: ${file}: column ${name} holds text, such as ${show(values[0])} in line ${csv.lines[0]!.line}, and a target of values must hold numbers`,
      );
    for (const [row, value] of values.entries()) data[row * names.length + column] = Number(value);
  });
  return new NdArray(data, [csv.lines.length, names.length]);
}

/** A column's values. Throws UserError, naming file, line and column, for text among numbers. */
const columnIn = (csv: Csv, file: string, name: string, kind?: "text"): ReadColumn =>
  readColumn(
    { name, cells: columnOf(csv, name), placeOf: (row) => `data: ${file}, line ${csv.lines[row]!.line}, ` },
    kind,
  );

interface Reading {
  readonly csv: Csv;
  readonly file: string;
  readonly inputs: readonly string[];
  readonly categorical: readonly string[];
  readonly warnings: readonly string[];
}

/** The inputs as numbers [lines, numbers], how they are described, and what to warn of. */
function inputsIn({ csv, file, inputs, categorical, warnings }: Reading, rows: Drawn) {
  const subject = `data: ${file}`;
  const all = inputs.map((name) => columnIn(csv, file, name, categorical.includes(name) ? "text" : undefined));
  const table = all.map((column) => fitColumn(column, rows.train, subject));
  const columns = numberNames(table);
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined)
    throw new UserError(
      `${subject}: two numbers would be called ${show(twice)} after encoding: rename a column or a text`,
    );
  const x = new Float32Array(csv.lines.length * columns.length);
  const values = table.map((column, i) => encodable(column, all[i]!));
  for (let row = 0, at = 0; row < csv.lines.length; row++)
    at = encodeRow(table, (_, i) => valueAt(values[i]!, row), { x, at, subject });
  const others = Int32Array.from([...rows.valid, ...rows.test]);
  const unseen = table.flatMap((column, i) => unseenIn(column, all[i]!, others));
  const said = [...warnings, ...rows.warnings, ...unseen];
  return {
    x: new NdArray(x, [csv.lines.length, columns.length]),
    field: { columns, table },
    said: said.length > 0 ? { warnings: said } : {},
  };
}
