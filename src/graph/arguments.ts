import { UserError } from "../errors.ts";
import { checkObject, kindOf, show } from "../rules.ts";
import {
  adopted,
  checkDtype,
  checkLengths,
  convert,
  type DType,
  dtypes,
  NdArray,
  type Shape,
  typedArray,
} from "./ndarray.ts";
import { shapeError, withUserCall } from "./site.ts";

/** A shape, or another number for each axis, as an op's own. Throws ShapeError, with the user's line, for anything but whole numbers from 0. */
export function shapeOf(op: string, shape: unknown, what?: string): Shape {
  withUserCall(() => checkLengths(op, shape, what));
  return [...(shape as Shape)];
}

/** A dtype by its name. Throws ShapeError, with the user's line, for one that doesn't exist. */
export function dtypeOf(op: string, dtype: unknown): DType {
  withUserCall(() => checkDtype(op, dtype));
  return dtype as DType;
}

/** A whole number from `atLeast`. Throws ShapeError, with the user's line, for anything else. */
export function wholeNumber(op: string, what: string, value: unknown, atLeast = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < atLeast)
    throw shapeError(`${op}: ${what} must be a whole number from ${atLeast}, received ${show(value)}`);
  return value as number;
}

/** An op's options. Throws ShapeError, with the user's line, for anything but an object whose keys are `known`. */
export function optionsOf<T extends object>(op: string, options: T, known: readonly (keyof T & string)[]): T {
  try {
    checkObject(op, options, known);
    return options;
  } catch (error) {
    throw shapeError((error as UserError).message);
  }
}

/** An option that is true or false, false when it is not given. Throws ShapeError, with the user's line, for anything else. */
export function flagOf(op: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean")
    throw shapeError(`${op}: ${name} must be true or false, received ${show(value)}`);
  return value ?? false;
}

/**
 * What is given for an array: an NdArray (one of another copy of the library too), a flat typed array as a vector, or a number as a float32
 * scalar. Throws UserError, naming `subject`, for anything else.
 */
export function arrayOf(subject: string, value: unknown): NdArray {
  if (typeof value === "number") return new NdArray(convert(subject, [value], "float32"), []);
  const known = adopted(value);
  if (known instanceof NdArray) return known;
  const data = typedArray(value);
  if (data) return new NdArray(data, [data.length]);
  throw new UserError(`${subject} must be an array or a number, received ${show(value)}${instead(value)}`);
}

/** What can be done about a value that is no array. */
function instead(value: unknown): string {
  switch (kindOf(value)) {
    case "tensor":
      return ": compiled functions take arrays; where tensors are at hand, call the function that was compiled";
    case "resident":
      return ": it comes from another copy of heaviside, and a program needs one copy";
  }
  if (value === undefined) return ": an argument or a key is missing";
  if (dtypes.includes(value as DType)) return ": a cloned NdArray is made anew by array(x.data, { shape: x.shape })";
  if (ArrayBuffer.isView(value)) return ": Float32Array.from(...) or Int32Array.from(...) converts it";
  return Object.prototype.toString.call(value) === "[object Promise]" ? ": await it first" : "";
}
