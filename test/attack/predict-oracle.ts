import { hasTexts, type TableColumn } from "../../src/tables/columns.ts";
import { simpleIdx, unpacked } from "./idx-oracle.ts";
import { type Linear, targets } from "./predict-networks.ts";
import { simplyRead } from "./table-oracle.ts";

/** Examples as rows of numbers; undefined where a file must be refused. */
type Rows = readonly (readonly number[])[] | undefined;

const missing = ["", "na", "n/a", "nan", "null", "?"];
const isMissing = (text: string): boolean => missing.includes(text.trim().toLowerCase());
const isFloat = (value: unknown): value is number => typeof value === "number" && Number.isFinite(Math.fround(value));

/** The numbers that a cell becomes, by the description of tables; undefined where it is refused. */
function encoded(column: TableColumn, cell: number | string | null): number[] | undefined {
  if (!hasTexts(column)) {
    const value = cell === null ? column.fill : cell;
    if (!isFloat(value)) return undefined;
    return [value, ...(column.missing ? [cell === null ? 1 : 0] : [])];
  }
  const { texts, other, missing: lacks } = column;
  const isKnown = cell !== null && texts.includes(`${cell}`);
  if (cell !== null && !isKnown && !other) return undefined;
  return [
    ...texts.map((text) => (cell !== null && `${cell}` === text ? 1 : 0)),
    ...(other ? [cell !== null && !isKnown ? 1 : 0] : []),
    ...(lacks ? [cell === null ? 1 : 0] : []),
  ];
}

const complete = (rows: readonly (number[] | undefined)[]): Rows =>
  rows.every((row) => row !== undefined) ? (rows as number[][]) : undefined;
const joined = (parts: readonly (number[] | undefined)[]): number[] | undefined =>
  complete(parts)?.flatMap((part) => [...part]);

/** The examples of a table of text. */
export function tableRows(bytes: Uint8Array, format: "csv" | "arff" | "jsonl", { table, size }: Linear): Rows {
  const csv = bytes.length === 0 ? undefined : simplyRead(bytes, format);
  if (!csv || csv.lines.length === 0) return undefined;
  const columns = table ?? csv.columns.map((name): TableColumn => ({ name }));
  if (!table && columns.length !== size) return undefined;
  const places = columns.map(({ name }) => csv.columns.indexOf(name));
  if (places.includes(-1)) return undefined;
  return complete(
    csv.lines.map(({ cells }) =>
      joined(
        columns.map((column, i) => {
          const text = cells[places[i]!]!.trim();
          if (isMissing(text)) return encoded(column, null);
          if (hasTexts(column)) return encoded(column, text);
          return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? encoded(column, Number(text)) : undefined;
        }),
      ),
    ),
  );
}

/** The numbers of lists within lists, in which all lists of a level are as long; undefined for anything else. */
function flat(value: unknown, depth = 0): { readonly dims: readonly number[]; readonly numbers: number[] } | undefined {
  if (!Array.isArray(value)) return isFloat(value) ? { dims: [], numbers: [value] } : undefined;
  if (depth > 15) return undefined;
  const parts = value.map((part) => flat(part, depth + 1));
  if (parts.some((part) => part === undefined || `${part.dims}` !== `${parts[0]!.dims}`)) return undefined;
  return { dims: [value.length, ...(parts[0]?.dims ?? [])], numbers: parts.flatMap((part) => part!.numbers) };
}

/** Examples of a value of JSON: a list of examples, the same by the field's name, or rows by column, one of them or a list. */
export function jsonRows(given: unknown, linear: Linear): Rows {
  const { table, size } = linear;
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const isOne = isRecord(given) && Object.values(given).every((value) => typeof value !== "object" || value === null);
  const value = isOne ? [given] : given;
  if (Array.isArray(value) && isRecord(value[0])) {
    if (!table) return undefined;
    return complete(value.map((row) => (isRecord(row) ? recordRow(row, table) : undefined)));
  }
  if (isRecord(value)) {
    if (Object.keys(value).join() !== "x") return undefined;
    return jsonRows(Array.isArray(value.x) && !isRecord(value.x[0]) ? value.x : undefined, linear);
  }
  if (!Array.isArray(value)) return undefined;
  const found = flat(value);
  if (!found) return undefined;
  const [count = 0, ...each] = found.dims;
  if (count > 0 && each.reduce((product, length) => product * length, 1) !== size) return undefined;
  return Array.from({ length: count }, (_, i) => found.numbers.slice(i * size, (i + 1) * size));
}

/** A row by column: all that the network reads are there, and no others but what it predicts. */
function recordRow(row: Record<string, unknown>, table: readonly TableColumn[]): number[] | undefined {
  if (Object.keys(row).some((key) => !table.some(({ name }) => name === key) && !targets.includes(key)))
    return undefined;
  return joined(
    table.map((column) => {
      if (!Object.hasOwn(row, column.name)) return undefined;
      const value = row[column.name];
      if (typeof value === "boolean") return encoded(column, `${value}`);
      if (value === null || typeof value === "number") return encoded(column, value);
      if (typeof value !== "string") return undefined;
      return encoded(column, isMissing(value) ? null : value.trim());
    }),
  );
}

/** The examples of an IDX file: bytes from 0 to 1, other numbers as they are. */
export function idxRows(bytes: Uint8Array, { size }: Linear): Rows {
  const plain = unpacked(bytes);
  const found = plain && simpleIdx(plain);
  if (!found) return undefined;
  const [count, ...each] = found.shape;
  const scale = found.code === 8 ? 255 : 1;
  const numbers = found.values.map((value) => value / scale);
  if (count === undefined || !numbers.every(isFloat)) return undefined;
  if (count > 0 && each.reduce((product, length) => product * length, 1) !== size) return undefined;
  return Array.from({ length: count }, (_, i) => numbers.slice(i * size, (i + 1) * size));
}
