import { show } from "../rules.ts";
import { checkDtype, checkLengths, type DType, type Shape } from "./ndarray.ts";
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
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw shapeError(`${op}: options must be an object of ${known.join(", ")}, received ${show(options)}`);
  for (const key of Object.keys(options))
    if (!(known as readonly string[]).includes(key))
      throw shapeError(`${op}: the options are ${known.join(", ")}, received ${key}`);
  return options;
}

/** An option that is true or false, false when it is not given. Throws ShapeError, with the user's line, for anything else. */
export function flagOf(op: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean")
    throw shapeError(`${op}: ${name} must be true or false, received ${show(value)}`);
  return value ?? false;
}
