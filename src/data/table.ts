import { UserError } from "../errors.ts";
import { NdArray } from "../graph/index.ts";
import { checkNumber, listed, show, suggestion } from "../rules.ts";
import { byNumber } from "./classes.ts";
import { type Csv, commaNote, hasDecimalComma, isNumberText, type Line } from "./csv.ts";
import type { DataSource, Dataset, LabelledDataset } from "./dataset.ts";
import { readText } from "./find.ts";
import { drawnFromArrays } from "./from-arrays.ts";
import { parseTable } from "./table-text.ts";

/** How a table is read and split. */
export interface TableOptions {
  /** The file: CSV or TSV with a header line, ARFF, or JSON lines. */
  readonly file?: string | undefined;
  /** The column to predict, or several columns of numbers. */
  readonly target?: string | readonly string[] | undefined;
  /** Whether the target is numbers or classes (default: classes where it holds text). */
  readonly as?: "values" | "classes" | undefined;
  /** Columns that are not read, such as a number of the row. */
  readonly omit?: readonly string[] | undefined;
  /** Train on `limit` training examples only; validation and test stay whole. */
  readonly limit?: number | undefined;
  /** Share of the rows to validate with, below 1, or their number (default: 1/6). */
  readonly valid?: number | undefined;
  /** Share of the rows to test with, below 1, or their number (default: 1/6). */
  readonly test?: number | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** Rows of a table: inputs `x` [N, columns], and numbers `y` [N, targets] or a class `label` [N] to predict. */
export type TableDataset = Dataset<"x" | "y"> | LabelledDataset;

/** A table of the user's own. */
export const table: DataSource<TableOptions, TableDataset> = {
  name: "table",
  summary: "numbers in a CSV or TSV file of your own, with the column to predict",
  options: ["file", "target", "as", "omit", "limit", "valid", "test", "splitSeed"],
  async load({ file, target, ...options }) {
    if (typeof file !== "string" || file === "")
      throw new UserError("data: the data set 'table' needs a CSV or TSV file, as file (--file FILE)");
    const text = await readText(file);
    const targets = typeof target === "string" ? [target] : target;
    if (!Array.isArray(targets) || targets.length === 0)
      throw new UserError(
        `data: ${file} needs the column to predict, as target (--target COLUMN); its columns are ${listed(parseTable(text, file).columns)}`,
      );
    return tableFrom(text, file, targets, options);
  },
};

/**
 * A data set from the text of a table. Rows are drawn for the splits by a seed, each class in proportion. Throws UserError, naming file,
 * line and column, for a cell that is empty or no number, and for a column that isn't there, or holds text and isn't the target.
 */
export function tableFrom(
  text: string,
  file: string,
  targets: readonly string[],
  { as, omit = [], limit, valid, test, splitSeed = 0 }: Omit<TableOptions, "file" | "target">,
): TableDataset {
  if (as !== undefined && as !== "values" && as !== "classes")
    throw new UserError(`data: as must be values or classes, received ${show(as)}`);
  const csv = parseTable(text, file);
  if (csv.lines.length < 3)
    throw new UserError(`data: ${file} must have at least 3 lines below its header, received ${csv.lines.length}`);
  for (const name of [...targets, ...omit]) placeOf(csv, file, name);
  const inputs = csv.columns.filter((name) => !targets.includes(name) && !omit.includes(name));
  if (inputs.length === 0) throw new UserError(`data: ${file} must have a column beside the target to predict it from`);
  const options = {
    ...{ name: "table", seed: splitSeed },
    ...(limit !== undefined && { limit }),
    ...(valid !== undefined && { valid }),
    ...(test !== undefined && { test }),
  };
  checkNumber("data: splitSeed", splitSeed, { whole: true, atLeast: 0, below: 2 ** 32 });
  const x = numbersIn(csv, file, inputs);
  const [first = ""] = targets;
  const counted = as === "classes" || (as === undefined && targets.length === 1 && isText(csv, first));
  if (counted && targets.length > 1)
    throw new UserError(`data: a target of classes must be one column, received ${targets.join(", ")}`);
  if (!counted) {
    const data = drawnFromArrays(`data: ${file}`, { x, y: numbersIn(csv, file, targets) }, options);
    const { fields } = data;
    return { ...data, fields: { x: { ...fields.x, columns: inputs }, y: { ...fields.y, columns: targets } } };
  }
  const label = csv.lines.map((line) => cellOf(csv, file, line, first));
  const names = [...new Set(label)].sort(byNumber);
  if (names.length < 2)
    throw new UserError(`data: ${file}: column ${first} must have at least 2 classes, all rows have ${show(names[0])}`);
  const data = drawnFromArrays(`data: ${file}`, { x, label }, { ...options, classes: { label: names } }, () => first);
  const { fields } = data;
  return { ...data, fields: { x: { ...fields.x, columns: inputs }, label: { ...fields.label, columns: targets } } };
}

function placeOf({ columns }: Csv, file: string, name: string): number {
  const place = columns.indexOf(name);
  if (place < 0)
    throw new UserError(
      `data: ${file} has no column ${show(name)}${suggestion(name, columns)}; its columns are ${listed(columns)}`,
    );
  return place;
}

/** A cell that is not empty. */
function cellOf(csv: Csv, file: string, { cells, line }: Line, name: string): string {
  const cell = cells[placeOf(csv, file, name)]!.trim();
  if (cell === "") throw new UserError(`data: ${file}, line ${line}, column ${name}: the cell is empty`);
  return cell;
}

/** Whether a column's first cell is something else than a number; one with a decimal comma is a number that is spelled wrongly. */
const isText = (csv: Csv, name: string): boolean => {
  const cell = csv.lines[0]!.cells[csv.columns.indexOf(name)]!.trim();
  return cell !== "" && !isNumberText(cell) && !hasDecimalComma(cell);
};

/** Columns of numbers side by side: [lines, columns]. */
function numbersIn(csv: Csv, file: string, names: readonly string[]): NdArray {
  const data = new Float32Array(csv.lines.length * names.length);
  names.forEach((name, column) => {
    if (isText(csv, name))
      throw new UserError(
        `data: ${file}: column ${name} holds text, such as ${show(csv.lines[0]!.cells[csv.columns.indexOf(name)])} in line ${csv.lines[0]!.line}, and only numbers can be read; encode it as numbers, or omit it with omit (--omit ${name})`,
      );
    csv.lines.forEach((line, row) => {
      const cell = cellOf(csv, file, line, name);
      const value = isNumberText(cell) ? Math.fround(Number(cell)) : Number.NaN;
      if (!Number.isFinite(value)) {
        const rule = isNumberText(cell) ? "numbers must be within ±3.4e38" : "the cell must be a number";
        throw new UserError(
          `data: ${file}, line ${line.line}, column ${name}: ${rule}, received ${show(cell)}${commaNote(cell)}`,
        );
      }
      data[row * names.length + column] = value;
    });
  });
  return new NdArray(data, [csv.lines.length, names.length]);
}
