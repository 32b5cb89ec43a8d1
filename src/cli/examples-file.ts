import { readFile, stat } from "node:fs/promises";
import type { Csv } from "../data/csv.ts";
import { readText } from "../data/find.ts";
import { readColumn, valueAt } from "../data/fit-columns.ts";
import { readIdx } from "../data/idx.ts";
import { isTableFile, readCells } from "../data/table-text.ts";
import { UserError } from "../errors.ts";
import { type NamedCells, tableOf } from "../predict/by-column.ts";
import type { Examples } from "../predict/input.ts";
import type { PredictionSpec } from "../predict/spec.ts";
import { listed, show, suggestion } from "../rules.ts";
import { type Cell, encodeRow, hasTexts, numberNames, type TableColumn } from "../tables/columns.ts";

type Warn = (text: string) => void;

/**
 * The examples of a file that is no picture: a table (.csv, .tsv, .arff, .jsonl, .parquet), JSON (a list of examples, or { field: list }), or IDX (images as
 * MNIST has them, bytes scaled to 0 … 1, plain or gzip). Of a table, the columns that the network was trained on are read by name. Throws UserError
 * naming file, line and column for what can't be read.
 */
export async function examplesIn(file: string, spec: PredictionSpec, warn: Warn): Promise<Examples> {
  if (isTableFile(file)) {
    const known = tableOf(spec.inputs[0]!)?.map(({ name }) => name);
    return fromTable(await readCells(file, (name) => known?.includes(name) ?? true), file, spec, warn);
  }
  if (/\.json$/i.test(file)) return inList(fromJson(await readText(file), file));
  if (/idx|ubyte/i.test(file)) return fromIdx(await bytesOf(file), file);
  throw new UserError(
    `predict: ${file} must be a table (.csv, .tsv), JSON (.json), an image (.png, .jpg) or images in IDX (a name with idx or ubyte in it)`,
  );
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const refuse = (error: NodeJS.ErrnoException): never => {
    throw new UserError(
      `predict: cannot read ${file}: ${error.code === "ENOENT" ? "it doesn't exist" : error.message}`,
    );
  };
  const found = await stat(file).catch(refuse);
  if (!found.isFile()) throw new UserError(`predict: cannot read ${file}: it is no file`);
  return readFile(file).catch(refuse);
}

async function fromIdx(bytes: Uint8Array, file: string): Promise<Examples> {
  const { type, shape, data } = await readIdx(bytes, file);
  const scale = type === "uint8" ? 255 : 1;
  return { shape, data: Float32Array.from(data, (value) => value / scale) };
}

function fromJson(text: string, file: string): Examples {
  try {
    return JSON.parse(text) as Examples;
  } catch (error) {
    throw new UserError(`predict: ${file} must be JSON: ${(error as Error).message}`);
  }
}

/** One row of a table, a value for each column, as a list of one; anything else as it is. */
function inList(given: Examples): Examples {
  const isRow = (value: Examples): value is NamedCells =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isNoList);
  return isRow(given) ? [given] : given;
}

const isNoList = (value: unknown): boolean => typeof value !== "object" || value === null;

/** Rows of a table. Without names of columns from the training, a table must have as many columns as the network reads numbers. */
function fromTable(csv: Csv, file: string, { inputs }: PredictionSpec, warn: Warn): Examples {
  const [first] = inputs as [PredictionSpec["inputs"][number]];
  if (inputs.length > 1)
    throw new UserError(
      `predict: ${file} must be JSON, { ${inputs.map((input) => input.name).join(", ")} }: this network reads several fields`,
    );
  const columns: readonly TableColumn[] = tableOf(first) ?? csv.columns.map((name) => ({ name }));
  const size = first.shape.reduce((product, length) => product * length, 1);
  if (numberNames(columns).length !== size)
    throw new UserError(
      `predict: ${file} must have ${size} columns, the values of ${first.name}, received ${columns.length}: ${show(csv.columns.join(", "))}`,
    );
  if (csv.lines.length === 0) throw new UserError(`predict: ${file} must have a line below its header, it has none`);
  const all = columns.map((column) => cellsOf(column, csv, file));
  const lacking = columns.filter((column, i) => !column.missing && all[i]!.includes(null));
  if (lacking.length > 0)
    warn(
      `${listed(lacking.map(({ name }) => name))}: cells without a value, where no row of the training lacked one: read as ${[lacking.some(hasTexts) && "no text", lacking.some((column) => !hasTexts(column)) && "the median"].filter(Boolean).join(", and ")}`,
    );
  return csv.lines.map(({ line }, row) => {
    const x: number[] = [];
    const subject = `predict: ${file}, line ${line}, `;
    encodeRow(columns, (_, i) => all[i]![row]!, { x, at: 0, subject });
    return x;
  });
}

/** The cells of a column. Throws UserError, naming the line, where one lacks a number that nothing stands for. */
function cellsOf(column: TableColumn, { columns, lines }: Csv, file: string): Cell[] {
  const { name } = column;
  const place = columns.indexOf(name);
  if (place < 0)
    throw new UserError(
      `predict: ${file} lacks the column ${show(name)}${suggestion(name, columns)}; its columns are ${listed(columns)}`,
    );
  const cells = lines.map((line) => line.cells[place]!);
  const placeOf = (row: number): string => `predict: ${file}, line ${lines[row]!.line}, `;
  const read = readColumn({ name, cells, placeOf }, hasTexts(column) ? "text" : "numbers");
  const values = cells.map((_, row) => valueAt(read, row));
  const lacking = hasTexts(column) || column.fill !== undefined ? -1 : values.indexOf(null);
  if (lacking < 0) return values;
  throw new UserError(
    `${placeOf(lacking)}column ${name}: the cell must be a number, received ${show(cells[lacking]!.trim())}`,
  );
}
