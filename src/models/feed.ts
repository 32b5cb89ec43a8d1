import { UserError } from "../errors.ts";
import { NdArray, sameShape, showShape, sizeOf, type Tensor } from "../graph/index.ts";
import { show } from "../rules.ts";
import { areColumns, numberNames, type TableColumn } from "../tables/columns.ts";
import type { Batch, FieldNeed } from "./head.ts";
import type { Model } from "./model.ts";

type Reads = Pick<Model, "input" | "inputShape" | "head" | "fields">;

/** What a network needs of the data: the field that its first stage reads, those of its head, and what other stages read. */
export function needsOf({ input, inputShape, head, fields }: Reads): { readonly [field: string]: FieldNeed } {
  return {
    [input]: { dtype: "float32", ...head.fields[input], shape: inputShape },
    ...without({ ...fields, ...head.fields }, input),
  };
}

const without = <T>(fields: { readonly [name: string]: T }, name: string): { readonly [name: string]: T } =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));

/** What a network remembers of the data that it was trained on: for each field that it needs, shape, dtype, and names. */
export interface FieldMemory extends FieldNeed {
  /** Names of the classes that a label counts. */
  readonly names?: readonly string[];
  /** Names of an example's values, such as the columns of a table. */
  readonly columns?: readonly string[];
  /** What those values were made of, where they are a table's. */
  readonly table?: readonly TableColumn[];
  /** How images of files were read, as the data set says. */
  readonly image?: { readonly [option: string]: string };
}
export type FieldMemories = { readonly [field: string]: FieldMemory };

interface Remembered extends Pick<FieldMemory, "columns" | "table" | "image"> {
  readonly classes?: readonly string[];
}

/** The fields that a network needs, as the data set has them. */
export const remembered = (model: Reads, fields: { readonly [name: string]: Remembered }): FieldMemories =>
  Object.fromEntries(
    Object.entries(needsOf(model)).map(([name, need]) => {
      const { classes: names, columns, table, image } = fields[name] ?? {};
      const kept = { ...(names && { names }), ...(columns && { columns }), ...(table && { table }) };
      return [name, { ...need, ...kept, ...(image && { image }) }];
    }),
  );

/**
 * What a file says that a network remembers of its data. Throws UserError, naming `at`, for anything that isn't of that form.
 */
export function fieldsIn(value: unknown, at: string): FieldMemories {
  const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
    typeof x === "object" && x !== null && !Array.isArray(x);
  const isTexts = (x: unknown): boolean =>
    x === undefined || (Array.isArray(x) && x.every((text) => typeof text === "string"));
  const fits = (field: unknown): boolean =>
    isRecord(field) &&
    Array.isArray(field.shape) &&
    field.shape.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    (field.dtype === "float32" || field.dtype === "int32") &&
    isTexts(field.names) &&
    (field.names === undefined || (field.names as readonly unknown[]).length === field.classes) &&
    isTexts(field.columns) &&
    (field.image === undefined || (isRecord(field.image) && isTexts(Object.values(field.image))));
  if (!isRecord(value)) throw new UserError(`${at}: fields must be an object, received ${show(value)}`);
  for (const [name, field] of Object.entries(value))
    if (!fits(field))
      throw new UserError(
        `${at}: fields.${name} must have a shape, a dtype, and a name for each class, received ${show(field)}`,
      );
  for (const [name, { table }] of Object.entries(value as FieldMemories))
    if (table !== undefined && !areColumns(table))
      throw new UserError(
        `${at}: fields.${name}.table must be a list of columns, { name, fill } or { name, texts }, received ${show(table)}`,
      );
  return value as FieldMemories;
}

/**
 * The same for a network. Throws UserError, naming `at`, also for a field that isn't as the network reads it, and for columns that aren't one name a value.
 */
export function fieldsFor(model: Reads, value: unknown, at: string): FieldMemories {
  const fields = fieldsIn(value, at);
  for (const [name, { shape, dtype, classes }] of Object.entries(needsOf(model))) {
    const field = fields[name];
    if (!field || !sameShape(field.shape, shape) || field.dtype !== dtype || field.classes !== classes)
      throw new UserError(
        `${at}: fields.${name} must be ${dtype}${showShape(shape)}${classes === undefined ? "" : ` of ${classes} classes`}, as the network reads it, received ${show(field)}`,
      );
    const { columns, table } = field;
    if (columns && (columns.length !== sizeOf(shape) || new Set(columns).size !== columns.length))
      throw new UserError(
        `${at}: fields.${name}.columns must be ${sizeOf(shape)} different names, received ${show(columns)}`,
      );
    if (table && !sameNames(numberNames(table), columns))
      throw new UserError(`${at}: fields.${name}.table must be what its columns were made of, received ${show(table)}`);
  }
  return fields;
}

const sameNames = (a: readonly string[], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** Of a batch, what the network's stages read beside their input. */
export const stageFields = <T>({ fields }: Pick<Model, "fields">, batch: Batch<T>): Batch<T> =>
  Object.fromEntries(Object.keys(fields).map((field) => [field, batch[field]!]));

/** Those fields' arrays of a batch, in the shapes that the network reads: arguments for a compiled function, the input first. */
export const fed = (model: Reads, fields: Batch<NdArray>): NdArray[] =>
  Object.entries(needsOf(model)).map(([name, { shape }]) => {
    const { data, shape: own } = fields[name]!;
    return new NdArray(data, [own[0]!, ...shape]);
  });

/** The same arguments as tensors, by name. */
export const batchOf = (model: Reads, tensors: readonly Tensor[]): Batch<Tensor> =>
  Object.fromEntries(Object.keys(needsOf(model)).map((name, i) => [name, tensors[i]!]));
