import { UserError } from "../errors.ts";
import { cut, listed, show, suggestion } from "../rules.ts";
import { type Cell, encodeRow, type TableColumn } from "../tables/columns.ts";
import { isMissing } from "../tables/missing.ts";
import type { PredictionInput, PredictionSpec } from "./spec.ts";

/** Numbers by the names of columns. */
export interface NamedNumbers {
  readonly [column: string]: number;
}

/** One row of a table: a number or a text for each column that the network reads, in any order; null where it is missing. */
export interface NamedCells {
  readonly [column: string]: Cell | boolean;
}

/** The columns that a row is made of; names alone are columns of numbers. */
export const tableOf = ({ table, columns }: PredictionInput): readonly TableColumn[] | undefined =>
  table ?? columns?.map((name) => ({ name }));

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  return !("data" in value && "shape" in value && Array.isArray(value.shape));
};

/** Whether an object has numbers by column, and not the arrays of fields by name. A column may have a field's name. */
const isNamed = (value: unknown, inputs: readonly PredictionInput[]): value is Readonly<Record<string, unknown>> =>
  isPlain(value) &&
  !Object.entries(value).some(
    ([key, inner]) => typeof inner === "object" && inner !== null && inputs.some(({ name }) => name === key),
  );

/**
 * Rows by the names of a table's columns as lists of numbers in the network's order; any others as they are. The columns that the network predicts may be
 * there, and are not read. Throws UserError, naming the example and the column, for one that is missing, unknown, no finite number, or a text that training
 * didn't see.
 */
export function byColumn({ inputs, outputs }: Pick<PredictionSpec, "inputs" | "outputs">, given: unknown): unknown {
  const [first, ...others] = inputs;
  const isList = Array.isArray(given);
  const one = isList ? given[0] : given;
  if (others.length > 0 || !isNamed(one, inputs)) return given;
  const table = tableOf(first!);
  if (table === undefined) {
    if (isList) throw new UserError(`predict: ${withoutNames(first!)}, received ${show(one)}`);
    return given;
  }
  const predicted = outputs.flatMap((output) => output.columns ?? []);
  if (!isList) return rowOf(one, table, predicted, "");
  return given.map((row, i) => {
    if (!isPlain(row))
      throw new UserError(
        `predict: example ${i} must be an object with a value for each column, as example 0 is, received ${show(row)} (counted from 0)`,
      );
    return rowOf(row, table, predicted, `example ${i} (counted from 0), `);
  });
}

const withoutNames = ({ name }: PredictionInput): string =>
  `${name} must be lists of numbers: this network knows no columns by name, it was not trained on a table`;

function rowOf(
  row: Readonly<Record<string, unknown>>,
  table: readonly TableColumn[],
  predicted: readonly string[],
  place: string,
): number[] {
  const keys = Object.keys(row);
  const columns = table.map(({ name }) => name);
  const unknown = keys.find((key) => !columns.includes(key) && !predicted.includes(key));
  if (unknown !== undefined)
    throw new UserError(
      `predict: ${place}${cut(unknown)} is no column of this network${suggestion(unknown, columns)}; its columns are ${listed(columns)}`,
    );
  const numbers: number[] = [];
  const cellOf = (column: string): Cell => {
    const value = Object.hasOwn(row, column) ? row[column] : undefined;
    if (value === undefined)
      throw new UserError(
        `predict: ${place}column ${column} is missing; give a value for each of ${listed(columns)}, received ${listed(keys) || "none"}`,
      );
    if (typeof value === "boolean") return String(value);
    if (value === null || typeof value === "number") return value;
    if (typeof value !== "string")
      throw new UserError(
        `predict: ${place}column ${column} must be a number, a text or null, received ${show(value)}`,
      );
    return isMissing(value.trim()) ? null : value.trim();
  };
  encodeRow(table, cellOf, { x: numbers, at: 0, subject: `predict: ${place}` });
  return numbers;
}
