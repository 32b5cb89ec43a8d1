import { UserError } from "../errors.ts";
import { type Data, type NdArray, type Shape, sameShape, showShape, sizeOf } from "../graph/index.ts";
import { checkWhole } from "../graph/ndarray.ts";
import { checkNumber, kindOf, show } from "../rules.ts";
import {
  type Dataset,
  type Field,
  isStreamed,
  type Split,
  type StreamedSplit,
  splitNames,
  type TrainingData,
} from "./dataset.ts";

/** What a reader of the data, such as a model, needs of one field. */
export interface FieldNeed {
  /** Another shape with as many values fits too, as [784] for [28, 28]. */
  readonly shape?: Shape;
  readonly dtype: Field["dtype"];
  /** Number of classes: every label must be in 0..classes-1. */
  readonly classes?: number;
  /** Smallest and largest value allowed. */
  readonly range?: readonly [number, number];
}

/** What is needed, by the fields' names. */
export type Needs = Readonly<Record<string, FieldNeed>>;

/** What a field's values are checked against. */
interface Form extends FieldNeed {
  readonly shape: Shape;
}

/** What a classifier of inputs of one shape needs. */
export const classifierNeeds = ({ inputShape, classes }: { readonly inputShape: Shape; readonly classes: number }) =>
  ({ x: { shape: inputShape, dtype: "float32" }, label: { shape: [], dtype: "int32", classes } }) satisfies Needs;

export interface CheckOptions {
  /** Looks at every value again, for arrays that may have changed since they were checked. */
  readonly again?: boolean;
}

// A value is looked at once for each array, however many trainings read it. An array that is changed afterwards is looked at again
// where a training stops being finite.
const finite = new WeakSet<Data>();
/** The bounds that the values of an array were found to lie within. */
const within = new WeakMap<Data, readonly [number, number]>();

/**
 * The one check of a data set: that it has the fields needed, that every split has a row of each field for each example, of the right
 * type and shape, that every float is finite, that every label is one of the classes, and that values are in the range needed.
 * Throws UserError naming the split, the field, the row and the value; rows and values count from 0.
 */
export function checkDataset(subject: string, data: TrainingData, needs: Needs = {}, options: CheckOptions = {}): void {
  const forms = formsOf(subject, data, needs);
  for (const name of splitNames) {
    const split: Split | StreamedSplit = data[name];
    const title = `${subject}: the ${name} split of ${data.name}`;
    if (isStreamed(split)) checkStream(title, split, data, forms);
    else checkSplitAs(title, split, forms, options);
  }
}

/** The fields of a stream; its batches are checked as they come. */
function checkStream(
  title: string,
  { fields }: StreamedSplit,
  data: TrainingData,
  forms: Readonly<Record<string, Form>>,
): void {
  const own = formsOf(title, { name: data.name, fields });
  for (const field of Object.keys(forms)) {
    const [found, wanted] = [own[field], checkField(title, data.fields[field])];
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      throw new UserError(
        `${title}: ${field} must be described as in ${data.name}, ${show(wanted)}, received ${show(found)}`,
      );
  }
}

/** The same for the fields needed of one split, which must not be empty. */
export function checkSplit(
  subject: string,
  split: Split,
  needs: Readonly<Record<string, Form>>,
  options: CheckOptions = {},
): void {
  checkSplitAs(`${subject}: the ${split?.name} split`, split, needs, options);
}

/** The forms of all fields of a data set, with what is needed of some. */
export function formsOf(
  subject: string,
  data: Pick<Dataset, "name" | "fields">,
  needs: Needs = {},
): Readonly<Record<string, Form>> {
  if (typeof data !== "object" || data === null)
    throw new UserError(`${subject}: the data must be a data set, received ${show(data)}`);
  const { fields, name } = data;
  if (typeof fields !== "object" || fields === null)
    throw new UserError(`${subject}: fields of ${name} must describe each field, received ${show(fields)}`);
  const forms = Object.fromEntries(
    Object.entries(fields).map(([field, spec]) => [field, checkField(`${subject}: field ${field} of ${name}`, spec)]),
  );
  if (forms[LENGTHS]) forms[LENGTHS] = lengthsForm(subject, name, forms);
  for (const [field, need] of Object.entries(needs)) {
    const form = Object.hasOwn(forms, field) ? forms[field] : undefined;
    if (form === undefined)
      throw new UserError(
        `${subject}: ${name} needs a field ${field}; its fields are ${Object.keys(forms).join(", ")}`,
      );
    forms[field] = fitting(`${subject}: field ${field} of ${name}`, form, need);
  }
  return forms;
}

/** The field of padded sequences: how many steps of `x` each of them has. */
const LENGTHS = "lengths";

/** Lengths are from 1 to the steps of `x`, its first axis. */
function lengthsForm(subject: string, name: string, { [LENGTHS]: form, x }: Readonly<Record<string, Form>>): Form {
  const { shape, dtype, classes } = form!;
  const field = `${subject}: field ${LENGTHS} of ${name}`;
  if (dtype !== "int32" || shape.length > 0 || classes !== undefined)
    throw new UserError(
      `${field} must be int32 [], one number of steps for each sequence, it is ${classes === undefined ? `${dtype} ${showShape(shape)}` : "a label of classes"}`,
    );
  const [steps] = x?.shape ?? [];
  if (steps === undefined)
    throw new UserError(`${field} counts the steps of x, its first axis, and x ${x ? "has no axes" : "is not there"}`);
  return { ...form!, range: [1, steps] };
}

function checkField(subject: string, spec: unknown): Form {
  if (typeof spec !== "object" || spec === null)
    throw new UserError(`${subject} must be an object of shape, dtype and classes, received ${show(spec)}`);
  const { shape, dtype, classes } = spec as Field;
  if (!Array.isArray(shape))
    throw new UserError(`${subject}: shape must be an array of lengths, received ${show(shape)}`);
  for (const length of shape) checkNumber(`${subject}: shape`, length, { whole: true, atLeast: 1 });
  if (dtype !== "float32" && dtype !== "int32")
    throw new UserError(`${subject}: dtype must be float32 or int32, received ${show(dtype)}`);
  if (classes === undefined) return { shape, dtype };
  if (!Array.isArray(classes) || classes.length === 0)
    throw new UserError(`${subject}: classes must be an array of at least one name, received ${show(classes)}`);
  if (dtype !== "int32") throw new UserError(`${subject}: a field with classes must be int32, received ${dtype}`);
  return { shape, dtype, classes: classes.length };
}

/** A field as it is needed. Throws UserError where it can't be that. */
function fitting(subject: string, form: Form, need: FieldNeed): Form {
  const { shape = form.shape, dtype, classes, range } = need;
  if (dtype !== form.dtype) throw new UserError(`${subject} must be ${dtype}, it is ${form.dtype}`);
  if (sizeOf(shape) !== sizeOf(form.shape))
    throw new UserError(
      `${subject} must have ${sizeOf(shape)} values ${showShape(shape)} an example, it has ${sizeOf(form.shape)} ${showShape(form.shape)}`,
    );
  if (classes !== undefined && form.classes !== undefined && classes !== form.classes)
    throw new UserError(`${subject} must have ${classes} classes, it has ${form.classes}`);
  return { ...form, ...(classes !== undefined && { classes }), ...(range && { range }) };
}

function checkSplitAs(
  name: string,
  split: Split,
  forms: Readonly<Record<string, Form>>,
  { again = false }: CheckOptions,
): void {
  const given: unknown = split;
  if (typeof given !== "object" || given === null || typeof split.fields !== "object" || split.fields === null)
    throw new UserError(`${name} must hold size and fields, received ${show(split)}`);
  const { size, fields } = split;
  checkNumber(`${name}: size`, size, { whole: true, atLeast: 0 });
  if (size === 0) throw new UserError(`${name} must not be empty`);
  checkArrays(name, size, fields, forms, again);
}

/** The check of one array [size, …] for each field. */
export function checkArrays(
  name: string,
  size: number,
  fields: Readonly<Record<string, unknown>>,
  forms: Readonly<Record<string, Form>>,
  again = false,
): void {
  for (const [field, form] of Object.entries(forms)) {
    const x: unknown = Object.hasOwn(fields, field) ? fields[field] : undefined;
    checkArray(`${name}: ${field}`, x, [size, ...form.shape], form.dtype);
    checkValues(`${name}: ${field}`, x, form, again);
  }
}

/** Arrays are known by their kind, so that those of another copy of the library are taken too. */
function checkArray(name: string, x: unknown, shape: Shape, dtype: string): asserts x is NdArray {
  if (kindOf(x) !== "array") {
    const list = ArrayBuffer.isView(x) || Array.isArray(x);
    const fix = list ? `: array(values, { shape: [${shape.join(", ")}], dtype: "${dtype}" }) makes one` : "";
    throw new UserError(`${name} must be an NdArray ${dtype}${showShape(shape)}, received ${show(x)}${fix}`);
  }
  const found = x as NdArray;
  if (found.dtype !== dtype)
    throw new UserError(`${name} must be of type ${dtype}, received ${show(x)}${notWhole(found, dtype)}`);
  const fits = sameShape(found.shape, shape) || (found.shape[0] === shape[0] && sizeOf(found.shape) === sizeOf(shape));
  if (!fits) throw new UserError(`${name} must have the shape ${showShape(shape)}, received ${showShape(found.shape)}`);
  checkWhole(name, found);
}

/** Where conversion to whole numbers would lose something, in words. */
function notWhole(x: NdArray, dtype: string): string {
  const at = dtype === "int32" ? x.data.findIndex((value: number) => !Number.isInteger(value)) : -1;
  return at < 0 ? "" : `: ${placeOf(x, at)} is ${x.data[at]}, no whole number (counted from 0)`;
}

function checkValues(name: string, x: NdArray, { classes, range }: FieldNeed, again: boolean): void {
  const { data } = x;
  if (x.dtype !== "int32" && (again || !finite.has(data))) {
    const at = firstNotFinite(data);
    if (at >= 0)
      throw new UserError(`${name} must be finite numbers, ${placeOf(x, at)} is ${data[at]} (counted from 0)`);
    finite.add(data);
  }
  const bounds = classes === undefined ? range : ([0, classes - 1] as const);
  if (!bounds) return;
  const [low, high] = bounds;
  const known = within.get(data);
  if (!again && known && known[0] >= low && known[1] <= high) return;
  const at = data.findIndex((value: number) => value < low || value > high);
  if (at >= 0) {
    const rule = classes === undefined ? `within [${low}, ${high}]` : `in 0..${high}`;
    const fix = classes !== undefined && data[at]! < 0 ? paddingIn(x) : "";
    throw new UserError(`${name} must be ${rule}, ${placeOf(x, at)} is ${data[at]} (counted from 0)${fix}`);
  }
  within.set(data, bounds);
}

/** Throws UserError for a negative label of a step. */
export function checkStepLabels(name: string, x: NdArray): void {
  const at = x.shape.length > 1 ? x.data.findIndex((label: number) => label < 0) : -1;
  if (at >= 0)
    throw new UserError(
      `${name} must be at least 0, ${placeOf(x, at)} is ${x.data[at]} (counted from 0)${paddingIn(x)}`,
    );
}

/** What a negative label of a step is meant to say, and how that is said. */
const paddingIn = ({ shape }: NdArray): string =>
  shape.length > 1
    ? ": padding has no label of its own; give a field lengths, how many steps of each example count, and label 0 at the steps beyond"
    : "";

/** "row 3, value 2", or "row 3" where a row is one number. */
function placeOf({ data, shape }: NdArray, at: number): string {
  const width = data.length / shape[0]!;
  return width === 1 ? `row ${at}` : `row ${Math.floor(at / width)}, value ${at % width}`;
}

/** The place of the first NaN or infinite number, or -1. */
function firstNotFinite(values: Data): number {
  // A sum of x·0 is 0 or NaN: four times as fast as asking each number, and almost all data are finite.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0 ? -1 : values.findIndex((value: number) => !Number.isFinite(value));
}
