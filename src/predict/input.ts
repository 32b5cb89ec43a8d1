import { UserError } from "../errors.ts";
import type { Shape } from "../graph/ndarray.ts";
import { show } from "../rules.ts";
import type { PredictionInput } from "./spec.ts";

/** Numbers: flat, nested by axes, or an array with its shape. */
export type Numbers =
  | number
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | readonly Numbers[]
  | {
      /** The length of each axis. */
      readonly shape: Shape;
      /** The numbers, in row-major order. */
      readonly data: ArrayLike<number>;
    };

/** One example or several, as a network's input alone or as all fields that it reads, by name. */
export type Examples = Numbers | { readonly [field: string]: Numbers };

/** Examples as programs take them. */
export interface ReadExamples {
  readonly count: number;
  /** Whether one example was given by itself, and not a list of examples. */
  readonly single: boolean;
  /** For each field, count × its size. */
  readonly arrays: readonly (Float32Array | Int32Array)[];
}

/**
 * Reads examples. Throws UserError, naming field, shape and value, for a field that is missing or unknown, for numbers that form no example nor a
 * list of them, and for a number that isn't finite, isn't whole where that is needed, or is out of its range.
 */
export function readExamples(inputs: readonly PredictionInput[], given: Examples): ReadExamples {
  const [first] = inputs;
  const fields = isRecord(given) ? given : { [first!.name]: given };
  const unknown = Object.keys(fields).find((name) => !inputs.some((input) => input.name === name));
  const names = inputs.map(({ name }) => name).join(", ");
  if (unknown !== undefined)
    throw new UserError(`predict: ${unknown} is no field of this network, which reads ${names}`);
  const read = inputs.map((input) => {
    const value = fields[input.name];
    if (value === undefined)
      throw new UserError(`predict: ${input.name} is missing: give { ${names} } with a value for each`);
    return { input, ...readField(input, value) };
  });
  const [{ count, single }] = read as [(typeof read)[number]];
  const other = read.find((field) => field.count !== count || field.single !== single);
  if (other)
    throw new UserError(
      `predict: ${other.input.name} must be of as many examples as ${first!.name}, ${single ? "one" : `a list of ${count}`}, received ${other.single ? "one" : `a list of ${other.count}`}`,
    );
  return { count, single, arrays: read.map(({ array }) => array) };
}

/**
 * The numbers of one example where they were given flat and the network reads nothing else: a look that takes less than a microsecond. Undefined for
 * anything else, and where a number isn't finite.
 */
export function flatExample(inputs: readonly PredictionInput[], given: Examples): Float32Array | undefined {
  const [{ shape, dtype }] = inputs as readonly [PredictionInput];
  if (inputs.length > 1 || dtype !== "float32") return undefined;
  const size = sizeOf(shape);
  if (given instanceof Float32Array) return given.length === size && allFinite(given) ? given : undefined;
  if (!Array.isArray(given) || given.length !== size) return undefined;
  const array = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    if (typeof given[i] !== "number" || !Number.isFinite(given[i])) return undefined;
    array[i] = given[i];
  }
  return array;
}

function allFinite(numbers: Float32Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) return false;
  return true;
}

type Record = { readonly [field: string]: Numbers };
const isRecord = (given: Examples): given is Record =>
  typeof given === "object" && given !== null && !isFlat(given) && !Array.isArray(given) && !isShaped(given);

const isFlat = (value: unknown): value is ArrayLike<number> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);
const isShaped = (value: unknown): value is { readonly shape: Shape; readonly data: ArrayLike<number> } =>
  typeof value === "object" &&
  value !== null &&
  Array.isArray((value as { shape?: unknown }).shape) &&
  isFlat((value as { data?: unknown }).data);

function readField(input: PredictionInput, value: Numbers) {
  const { name, shape, dtype } = input;
  const size = sizeOf(shape);
  const dims = shapeOf(value, name);
  const [count = 1, ...each] = dims;
  const exactly = (found: Shape): boolean => same(found, shape) || same(found, [size]);
  const isList = dims.length > 0 && exactly(each);
  // Pixels of an image may come in rows, and the other way round.
  const single = !isList && (exactly(dims) || (dims.length > 0 && sizeOf(dims) === size));
  if (!single && !(dims.length > 0 && count > 0 && sizeOf(each) === size))
    throw new UserError(
      `predict: ${name} must be an example ${spell(shape)}${shape.length > 1 ? ` or [${size}]` : ""}, or a list of examples, received ${dims.length === 0 ? show(value) : spell(dims)}`,
    );
  const examples = single ? 1 : count;
  const array = dtype === "float32" ? new Float32Array(examples * size) : new Int32Array(examples * size);
  fill(array, value, 0);
  check(input, array, value, single);
  return { count: examples, single, array };
}

const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);
const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((length, i) => length === b[i]);
const spell = (shape: Shape): string => `[${shape.join(", ")}]`;

/** The axes of nested lists, by the first element of each. */
function shapeOf(value: unknown, name: string): Shape {
  if (isFlat(value)) return [value.length];
  if (isShaped(value)) return value.shape;
  if (!Array.isArray(value)) return [];
  if (value.length === 0 || typeof value[0] === "number") return [value.length];
  const within = shapeOf(value[0], name);
  const odd = value.findIndex((element) => !same(shapeOf(element, name), within));
  if (odd >= 0)
    throw new UserError(
      `predict: ${name} must be of examples of one shape: number 0 is ${spell(within)}, number ${odd} is ${spell(shapeOf(value[odd], name))}`,
    );
  return [value.length, ...within];
}

/** Copies the numbers of nested lists; gives where the next one goes. */
function fill(array: Float32Array | Int32Array, value: unknown, at: number): number {
  if (typeof value !== "object" || value === null) {
    // What is no number would count as one: it is found as none.
    array[at] = typeof value === "number" ? value : Number.NaN;
    return at + 1;
  }
  if (isShaped(value)) return fill(array, value.data, at);
  const list = value as ArrayLike<unknown>;
  if (isFlat(list)) {
    array.set(list, at);
    return at + list.length;
  }
  let next = at;
  for (let i = 0; i < list.length; i++) next = fill(array, list[i], next);
  return next;
}

function check(
  { name, shape, dtype, classes }: PredictionInput,
  array: Float32Array | Int32Array,
  value: Numbers,
  single: boolean,
): void {
  const refuse = (i: number, rule: string): never => {
    const size = sizeOf(shape);
    const place = [...(single ? [] : [`example ${Math.floor(i / size)}`]), ...(size > 1 ? [`value ${i % size}`] : [])];
    const received = show(flatAt(value, i));
    throw new UserError(
      `predict: ${[name, ...place].join(", ")} must be ${rule}, received ${received} (counted from 0)`,
    );
  };
  if (dtype === "float32") {
    for (let i = 0; i < array.length; i++) if (!Number.isFinite(array[i])) refuse(i, "a finite number");
    return;
  }
  for (let i = 0; i < array.length; i++) {
    if (flatAt(value, i) !== array[i]) refuse(i, "a whole number");
    if (classes !== undefined && !(array[i]! >= 0 && array[i]! < classes)) refuse(i, `from 0 to ${classes - 1}`);
  }
}

/** Number i of nested lists. */
function flatAt(value: unknown, i: number): unknown {
  if (isShaped(value)) return value.data[i];
  if (typeof value === "number" || isFlat(value)) return typeof value === "number" ? value : value[i];
  const flat = (value as readonly unknown[]).flat(16);
  let at = i;
  for (const element of flat) {
    if (!isFlat(element) && !isShaped(element)) {
      if (at-- === 0) return element;
      continue;
    }
    const numbers = isFlat(element) ? element : element.data;
    if (at < numbers.length) return numbers[at];
    at -= numbers.length;
  }
  return undefined;
}
