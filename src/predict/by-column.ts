import { UserError } from "../errors.ts";
import { cut, listed, show, suggestion } from "../rules.ts";
import type { PredictionInput, PredictionSpec } from "./spec.ts";

/** One example of a table: a number for each column that the network reads, in any order. */
export interface NamedNumbers {
  readonly [column: string]: number;
}

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
 * Examples by the names of a table's columns as lists of numbers in the network's order; any others as they are. The columns that the network
 * predicts may be there, and are not read. Throws UserError, naming the example and the column, for one that is missing, unknown or no finite number.
 */
export function byColumn({ inputs, outputs }: Pick<PredictionSpec, "inputs" | "outputs">, given: unknown): unknown {
  const [first, ...others] = inputs;
  const isList = Array.isArray(given);
  const one = isList ? given[0] : given;
  if (others.length > 0 || !isNamed(one, inputs)) return given;
  const { columns } = first!;
  if (columns === undefined) {
    if (isList) throw new UserError(`predict: ${withoutNames(first!)}, received ${show(one)}`);
    return given;
  }
  const predicted = outputs.flatMap((output) => output.columns ?? []);
  if (!isList) return rowOf(one, columns, predicted, "");
  return given.map((row, i) => {
    if (!isPlain(row))
      throw new UserError(
        `predict: example ${i} must be an object with a number for each column, as example 0 is, received ${show(row)} (counted from 0)`,
      );
    return rowOf(row, columns, predicted, `example ${i} (counted from 0), `);
  });
}

const withoutNames = ({ name }: PredictionInput): string =>
  `${name} must be lists of numbers: this network knows no columns by name, it was not trained on a table`;

function rowOf(
  row: Readonly<Record<string, unknown>>,
  columns: readonly string[],
  predicted: readonly string[],
  place: string,
): number[] {
  const keys = Object.keys(row);
  const unknown = keys.find((key) => !columns.includes(key) && !predicted.includes(key));
  if (unknown !== undefined)
    throw new UserError(
      `predict: ${place}${cut(unknown)} is no column of this network${suggestion(unknown, columns)}; its columns are ${listed(columns)}`,
    );
  return columns.map((column) => {
    if (!Object.hasOwn(row, column))
      throw new UserError(
        `predict: ${place}column ${column} is missing; give a number for each of ${listed(columns)}, received ${listed(keys) || "none"}`,
      );
    const value = row[column];
    if (typeof value !== "number" || !Number.isFinite(Math.fround(value)))
      throw new UserError(`predict: ${place}column ${column} must be a finite number, received ${show(value)}`);
    return value;
  });
}
