import { UserError } from "../errors.ts";
import { checkNumber, show } from "../rules.ts";
import { type Dataset, featuresOf, type Split } from "./dataset.ts";

/** What a split's values are checked against. */
interface Form {
  /** Values of one example. */
  readonly features: number;
  readonly classes: number;
}

export interface CheckOptions {
  /** Looks at every value again, for arrays that may have changed since they were checked. */
  readonly again?: boolean;
}

// A value is looked at once for each array, however many trainings read it. An array that is changed afterwards is looked at again
// where a training stops being finite.
const finite = new WeakSet<Float32Array>();
/** The number of classes that labels were found to lie within. */
const within = new WeakMap<Int32Array, number>();

/**
 * The one check of a data set that a user gives: sizes and types of every split, that every input is finite, and that every label is
 * one of the classes. Throws UserError naming the split, the field, the row and the value; rows and values count from 0.
 */
export function checkDataset(subject: string, data: Dataset, options: CheckOptions = {}): void {
  const form = checkForm(subject, data);
  for (const name of ["train", "valid", "test"] as const)
    checkSplitAs(`${subject}: the ${name} split of ${data.name}`, data[name], form, options);
}

/** The same for one split, which must not be empty. */
export function checkSplit(subject: string, split: Split, form: Form, options: CheckOptions = {}): void {
  checkSplitAs(`${subject}: the ${split?.name} split`, split, form, options);
}

function checkForm(subject: string, data: Dataset): Form {
  if (typeof data !== "object" || data === null)
    throw new UserError(`${subject}: the data must be a data set, received ${show(data)}`);
  const { inputShape, classes } = data;
  if (!Array.isArray(inputShape))
    throw new UserError(`${subject}: inputShape of ${data.name} must be a shape, received ${show(inputShape)}`);
  for (const length of inputShape)
    checkNumber(`${subject}: inputShape of ${data.name}`, length, { whole: true, atLeast: 1 });
  checkNumber(`${subject}: classes of ${data.name}`, classes, { whole: true, atLeast: 1 });
  return { features: featuresOf(data), classes };
}

function checkSplitAs(name: string, split: Split, { features, classes }: Form, { again = false }: CheckOptions): void {
  if (typeof split !== "object" || split === null)
    throw new UserError(`${name} must hold size, inputs and labels, received ${show(split)}`);
  const { size, inputs, labels } = split;
  checkNumber(`${name}: size`, size, { whole: true, atLeast: 0 });
  if (size === 0) throw new UserError(`${name} must not be empty`);
  checkArray(`${name}: inputs`, inputs, "Float32Array", size * features, `${size} rows of ${features}`);
  checkArray(`${name}: labels`, labels, "Int32Array", size, `${size} rows`);
  if (again || !finite.has(inputs)) {
    const at = firstNotFinite(inputs);
    if (at >= 0)
      throw new UserError(
        `${name}: inputs must be finite numbers, row ${Math.floor(at / features)}, value ${at % features} is ${inputs[at]} (both counted from 0)`,
      );
    finite.add(inputs);
  }
  if (again || !((within.get(labels) ?? Number.POSITIVE_INFINITY) <= classes)) {
    const at = labels.findIndex((label) => label < 0 || label >= classes);
    if (at >= 0)
      throw new UserError(`${name}: labels must be in 0..${classes - 1}, row ${at} (counted from 0) has ${labels[at]}`);
    within.set(labels, classes);
  }
}

/** Typed arrays are known by their name, so that those of another realm (a vm, an iframe) are taken too. */
function checkArray(
  name: string,
  value: unknown,
  type: "Float32Array" | "Int32Array",
  length: number,
  rows: string,
): void {
  const found = Object.prototype.toString.call(value).slice(8, -1);
  if (found !== type) {
    const list = ArrayBuffer.isView(value) || Array.isArray(value);
    const received = list ? `${found === "Array" ? "an" : "a"} ${found}` : show(value);
    const wrong = type === "Int32Array" && list ? notWhole(value as unknown as ArrayLike<unknown>) : "";
    throw new UserError(
      `${name} must be of type ${type}, received ${received}${wrong}${list ? `: ${type}.from(…) makes one` : ""}`,
    );
  }
  const received = (value as Float32Array | Int32Array).length;
  if (received !== length) throw new UserError(`${name} must hold ${length} numbers (${rows}), received ${received}`);
}

/** Where conversion to whole numbers would lose something, in words. */
function notWhole(values: ArrayLike<unknown>): string {
  const at = Array.from(values).findIndex((value) => !Number.isInteger(value));
  return at < 0 ? "" : ` whose row ${at} (counted from 0) is ${show(values[at])}, no whole number`;
}

/** The place of the first NaN or infinite number, or -1. */
function firstNotFinite(values: Float32Array): number {
  // A sum of x·0 is 0 or NaN: four times as fast as asking each number, and almost all data are finite.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}
