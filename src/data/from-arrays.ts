import { UserError } from "../errors.ts";
import { type Data, isFloat, NdArray, type Shape, sameShape } from "../graph/index.ts";
import { checkKeys, counted, kindOf, show } from "../rules.ts";
import { checkArrays, checkStepLabels, formsOf } from "./check.ts";
import { classesIn, numbered } from "./classes.ts";
import { type ByField, type Dataset, type Field, gathered, mapFields, type SplitName, splitNames } from "./dataset.ts";
import { type Drawn, type DrawOptions, drawn, drawOptions, type Target } from "./draw.ts";
import { type Rows, readRows, type Texts } from "./rows.ts";

/** Examples as one list of rows for each field. */
export type Arrays<Name extends string> = ByField<Name, Rows>;

/** Names of a data set that is made from arrays. */
export interface FromArraysOptions<Name extends string = string> {
  /** The data set's name (default: "arrays"). */
  readonly name?: string;
  /**
   * How many classes a field has, or their names, label 0 first. A field that is named here, is called `label` or holds texts counts classes
   * (default: the texts in alphabetical order, or one more than the largest label).
   */
  readonly classes?: { readonly [K in Name]?: number | readonly string[] };
}

/** How a split into training, validation and test examples is drawn. */
export interface DrawnSplitOptions<Name extends string = string> extends FromArraysOptions<Name>, DrawOptions {
  /** The field whose classes each split has in proportion; false for none (default: `label`, or the only field with classes). */
  readonly stratify?: Name | false;
}

const SUBJECT = "datasetFromArrays";

/**
 * A data set from arrays: a row for each example, under names of the caller's. Numbers become float32; an Int32Array stays as it is.
 * Texts, and the field `label`, become classes. One record of arrays is split by a seed, each class in proportion; examples lie in
 * random order. Three records are taken as the splits that they are.
 *
 *     const data = datasetFromArrays({ x: [[0.5, 1], [2, 3], …], label: ["cat", "dog", …] });
 *     const same = datasetFromArrays({ train: { x, y }, valid: { x: x2, y: y2 }, test: { x: x3, y: y3 } });
 *
 * Throws UserError, naming the field, the row (from 0) and the value, for fields of different lengths, for rows of different shapes, for a
 * value that isn't finite, and for a label outside of the classes.
 */
export function datasetFromArrays<Name extends string>(
  splits: { readonly [K in SplitName]: Arrays<Name> },
  options?: FromArraysOptions<Name>,
): Dataset<Name>;
export function datasetFromArrays<Name extends string>(
  arrays: Arrays<Name>,
  options?: DrawnSplitOptions<Name>,
): Dataset<Name>;
export function datasetFromArrays<Name extends string>(
  given: { readonly [K in SplitName]: Arrays<Name> } | Arrays<Name>,
  options: DrawnSplitOptions<Name> = {},
): Dataset<Name> {
  return isSplit(given) ? fromSplits(given, options) : drawnFromArrays(SUBJECT, given, options);
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !kindOf(value);

function isSplit<Name extends string>(given: object): given is { readonly [K in SplitName]: Arrays<Name> } {
  if (!isRecord(given)) throw new UserError(`${SUBJECT}: must be given a record of arrays, received ${show(given)}`);
  const parts = Object.entries(given).filter(([name]) => splitNames.includes(name as SplitName));
  return parts.length === splitNames.length && parts.every(([, part]) => isRecord(part));
}

/** `datasetFromArrays` of three records, in the name of another subject. */
export function fromSplits<Name extends string>(
  given: { readonly [K in SplitName]: Arrays<Name> },
  options: FromArraysOptions<Name>,
  subject = SUBJECT,
): Dataset<Name> {
  checkKeys(subject, options, ["name", "classes"]);
  const { name = "arrays" } = options;
  const parts = splitNames.map((split) => readPart(`${subject}: the ${split} split`, given[split]));
  const read = describe(parts, options);
  const [train, valid, test] = read.parts.map(({ fields, size }, i) => ({ name: splitNames[i]!, size, fields }));
  const splitNote = `${counted(train!.size, "example")} to train on, ${valid!.size} to validate, ${test!.size} to test, as they were given.`;
  return { name, fields: read.fields, splitNote, train: train!, valid: valid!, test: test! };
}

/**
 * `datasetFromArrays` of one record, in the name of another subject.
 * @param nameOf what the note on the splits calls a field
 */
export function drawnFromArrays<Name extends string>(
  subject: string,
  given: Arrays<Name>,
  options: DrawnSplitOptions<Name>,
  nameOf: (field: string) => string = (field) => field,
): Dataset<Name> {
  checkKeys(subject, options, ["name", "classes", "seed", "stratify", ...drawOptions]);
  return divided(subject, given, options, (size, fields, arrays) =>
    drawn(subject, size, targetIn(fields, arrays, options.stratify, nameOf), options),
  );
}

/** A data set from one record of arrays, in the name of another subject, divided as `draw` says. */
export function divided<Name extends string>(
  subject: string,
  given: Arrays<Name>,
  options: FromArraysOptions<Name>,
  draw: (size: number, fields: ByField<Name, Field>, arrays: ByField<Name, NdArray>) => Drawn,
): Dataset<Name> {
  const read = describe([readPart(subject, given)], options);
  const { size, fields } = read.parts[0]!;
  const rows = draw(size, read.fields, fields);
  const part = <Split extends SplitName>(split: Split) => ({
    name: split,
    size: rows[split].length,
    fields: mapFields(fields, (x) => gathered(x, rows[split])),
  });
  return {
    ...{ name: options.name ?? "arrays", fields: read.fields, splitNote: rows.note },
    ...(rows.warnings.length > 0 && { warnings: rows.warnings }),
    ...{ train: part("train"), valid: part("valid"), test: part("test") },
  };
}

/** What the parts have in proportion: the classes of a field, else, for folds alone, the first number to predict. */
function targetIn<Name extends string>(
  fields: ByField<Name, Field>,
  arrays: ByField<Name, NdArray>,
  stratify: Name | false | undefined,
  nameOf: (field: string) => string,
): Target | undefined {
  const by = stratifiedBy(fields, stratify);
  if (by !== undefined) return { of: arrays[by].data, classes: fields[by].classes!.length, name: nameOf(by) };
  const y = (arrays as { readonly y?: NdArray }).y;
  if (stratify === false || !y) return undefined;
  const [rows = 0] = y.shape;
  const width = y.data.length / rows;
  const of = Float64Array.from({ length: rows }, (_, row) => y.data[row * width]!);
  return { of, classes: undefined, name: nameOf("y") };
}

function stratifiedBy<Name extends string>(
  fields: ByField<Name, Field>,
  given: Name | false | undefined,
): Name | undefined {
  if (given === false) return undefined;
  // The labels of steps put no example into a class.
  const names = (Object.keys(fields) as Name[]).filter(
    (name) => fields[name].classes && fields[name].shape.length === 0,
  );
  if (given === undefined) return names.find((name) => name === "label") ?? (names.length === 1 ? names[0] : undefined);
  if (names.includes(given)) return given;
  const choices =
    names.length > 0 ? `one of ${names.join(", ")}, a field with classes,` : "omitted: no field has classes,";
  throw new UserError(`${SUBJECT}: stratify must be ${choices} received ${show(given)}`);
}

/** Rows as they were given, a row of every field for each example. */
interface Part<Name extends string> {
  /** Of errors: whose rows these are. */
  readonly subject: string;
  readonly size: number;
  readonly rows: ByField<Name, NdArray | Texts>;
}

function readPart<Name extends string>(subject: string, given: Arrays<Name>): Part<Name> {
  const rows = mapFields(given, (values, name) => readRows(`${subject}: ${name}`, values));
  const lengths = Object.entries<NdArray | Texts>(rows).map(([name, x]) => ({ name, length: rowCount(x) }));
  const [first] = lengths;
  if (!first) throw new UserError(`${subject}: at least one field is needed, received none`);
  const other = lengths.find(({ length }) => length !== first.length);
  if (other)
    throw new UserError(
      `${subject}: every field must have as many rows, ${first.name} has ${first.length} and ${other.name} has ${other.length}`,
    );
  if (first.length === 0) throw new UserError(`${subject}: there must be at least one example, received none`);
  return { subject, size: first.length, rows };
}

const rowCount = (x: NdArray | Texts): number => (isTexts(x) ? x.length : x.shape[0]!);
const isTexts = (x: NdArray | Texts): x is Texts => Array.isArray(x);

/** The fields' descriptions, which all parts share, and their arrays, checked. */
function describe<Name extends string>(parts: readonly Part<Name>[], { classes = {} }: FromArraysOptions<Name>) {
  const names = Object.keys(parts[0]!.rows) as Name[];
  for (const { subject, rows } of parts) {
    const other =
      names.find((name) => !Object.hasOwn(rows, name)) ??
      Object.keys(rows).find((name) => !names.includes(name as Name));
    if (other !== undefined)
      throw new UserError(`${subject}: the splits must have the same fields, ${other} is in some only`);
  }
  checkKeys(`${SUBJECT}: classes`, classes, names);
  // Of sequences: their steps, each of which may have a label.
  const x = (parts[0]!.rows as { readonly x?: NdArray | Texts }).x;
  const steps = x === undefined || isTexts(x) ? [] : x.shape.slice(1, 2);
  const columns = names.map((name) => {
    const all = parts.map(({ subject, rows }) => ({ subject: `${subject}: ${name}`, x: rows[name] }));
    const count = (classes as { readonly [K in Name]?: number | readonly string[] })[name];
    const counted = count !== undefined || name === "label" || all.some(({ x }) => isTexts(x));
    return [name, counted ? labelColumn(name, all, count, steps) : numberColumn(all, name === "lengths")] as const;
  });
  const column = Object.fromEntries(columns) as ByField<Name, Column>;
  const fields = mapFields(column, ({ field }) => field);
  const arrays = parts.map(({ subject, size }, i) => ({
    subject,
    size,
    fields: mapFields(column, (c) => c.arrays[i]!),
  }));
  const forms = formsOf(SUBJECT, { name: "the arrays", fields });
  for (const { subject, size, fields } of arrays) checkArrays(subject, size, fields, forms);
  return { fields, parts: arrays };
}

/** One field over all parts. */
interface Column {
  readonly field: Field;
  readonly arrays: readonly NdArray[];
}
interface Given {
  readonly subject: string;
  readonly x: NdArray | Texts;
}

/** Numbers; `whole` ones become int32. */
function numberColumn(all: readonly Given[], count = false): Column {
  const arrays = all.map(({ subject, x }) => (count ? wholeNumbers(subject, x, []) : (x as NdArray)));
  const shape = arrays[0]!.shape.slice(1);
  const whole = arrays.every(({ dtype }) => !isFloat(dtype));
  return {
    field: { shape, dtype: whole ? "int32" : "float32" },
    arrays: arrays.map((x) => (whole || x.dtype === "float32" ? x : new NdArray(Float32Array.from(x.data), x.shape))),
  };
}

function labelColumn(
  name: string,
  all: readonly Given[],
  given: number | readonly string[] | undefined,
  steps: Shape,
): Column {
  const names = all.some(({ x }) => isTexts(x)) ? textClasses(all, given) : undefined;
  const arrays = all.map(({ subject, x }) =>
    names ? places(subject, x, names, steps) : wholeNumbers(subject, x, steps),
  );
  const classes = names ?? numberClasses(name, all, arrays, given);
  return { field: { shape: arrays[0]!.shape.slice(1), dtype: "int32", classes }, arrays };
}

function numberClasses(
  name: string,
  all: readonly Given[],
  arrays: readonly NdArray[],
  given: number | readonly string[] | undefined,
) {
  if (typeof given === "object") return given;
  for (const [i, { subject }] of all.entries()) checkStepLabels(subject, arrays[i]!);
  const labels = all.map(({ subject }, i) => ({
    file: subject.slice(SUBJECT.length + 2),
    labels: Int32Array.from(arrays[i]!.data),
  }));
  const fix = `give the number of classes, or their names, as classes: { ${name}: … }`;
  return numbered(all[0]!.subject, given ?? classesIn(SUBJECT, labels, fix));
}

function textClasses(all: readonly Given[], given: number | readonly string[] | undefined): readonly string[] {
  if (typeof given === "object") return given;
  const found = new Set(all.flatMap(({ x }) => (isTexts(x) ? x.flat() : [])));
  const classes = given ?? found.size;
  if (classes !== found.size || classes < 2)
    throw new UserError(
      `${all[0]!.subject} must have ${given ?? "at least 2"} classes, received ${found.size} different texts`,
    );
  return [...found].sort();
}

/** Where each text is among the classes' names, [N], or [N, T] of texts for each of `steps`. */
function places(subject: string, x: NdArray | Texts, names: readonly string[], steps: Shape): NdArray {
  if (!isTexts(x)) throw new UserError(`${subject} must hold texts as other splits do, received numbers`);
  const width = typeof x[0] === "string" ? undefined : x[0]!.length;
  if (width !== undefined && width !== steps[0])
    throw new UserError(
      `${subject} must be one text for each example${steps.length > 0 ? `, or one for each of the ${steps[0]} steps of x` : ""}, received ${width} for each example`,
    );
  const place = new Map(names.map((name, label) => [name, label]));
  const labels = Int32Array.from(x.flat(), (text, at) => {
    const label = place.get(text);
    const where = width === undefined ? `row ${at}` : `row ${Math.floor(at / width)}, step ${at % width}`;
    if (label === undefined)
      throw new UserError(`${subject} must be one of ${names.join(", ")}, ${where} is ${show(text)}`);
    return label;
  });
  return new NdArray(labels, width === undefined ? [x.length] : [x.length, width]);
}

/** Whole numbers, one for each example, or for each of its `steps` where it has some. */
function wholeNumbers(subject: string, x: NdArray | Texts, steps: Shape): NdArray {
  const { data, shape } = x as NdArray;
  const perStep = shape.length === 2 && sameShape(shape.slice(1), steps);
  if (shape.length !== 1 && !perStep)
    throw new UserError(
      `${subject} must be one whole number for each example${steps.length > 0 ? `, or one for each of the ${steps[0]} steps of x` : ""}, received the shape [${shape.join(", ")}]`,
    );
  const labels = Int32Array.from(data as Data);
  const at = labels.findIndex((label, i) => label !== data[i]);
  if (at >= 0) {
    const width = perStep ? shape[1]! : 1;
    const place = `row ${Math.floor(at / width)}${perStep ? `, step ${at % width}` : ""}`;
    throw new UserError(`${subject} must be whole numbers from 0, ${place} is ${data[at]}`);
  }
  return new NdArray(labels, shape);
}
