import { UserError } from "../errors.ts";
import type { Shape } from "../graph/ndarray.ts";
import { show } from "../rules.ts";
import { byColumn, type NamedCells } from "./by-column.ts";
import type { PredictionInput, PredictionSpec } from "./spec.ts";

/** A flat array of numbers. */
export type FlatNumbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** Numbers: one, flat, nested by axes, or an array with its shape. */
export type Numbers = number | FlatNumbers | readonly Numbers[] | ShapedNumbers;

/** Numbers with their axes, such as an NdArray. */
export interface ShapedNumbers {
  /** The length of each axis. */
  readonly shape: Shape;
  /** Row by row, as many as the shape says. */
  readonly data: ArrayLike<number>;
}

/** One example or several: a network's input alone, all fields that it reads by name, or the row of a table by column. */
export type Examples =
  | Numbers
  | { readonly [fieldOrColumn: string]: Numbers | NamedCells[string] }
  | readonly NamedCells[];

/** Examples as programs take them. */
export interface ReadExamples {
  readonly count: number;
  /** Whether one example was given by itself, and not a list of examples. */
  readonly single: boolean;
  /** For each field, count × its size. */
  readonly arrays: readonly (Float32Array | Int32Array)[];
}

/**
 * Reads examples. Throws UserError, naming field, shape and value, for a field or a column that is missing or unknown, for numbers that form no example nor a
 * list of them, and for a number that isn't finite, isn't whole where that is needed, or is out of its range.
 * @param asList whether numbers that are both, an example and a list of them, are a list
 */
export function readExamples(
  spec: Pick<PredictionSpec, "inputs" | "outputs">,
  all: Examples,
  asList = false,
): ReadExamples {
  const { inputs } = spec;
  const [first] = inputs;
  const given = byColumn(spec, all) as Numbers | Fields;
  // The columns of one example are no list, however many there are.
  const isNamed = given !== all && !Array.isArray(all);
  const fields = isRecord(given) ? given : { [first!.name]: given };
  const unknown = Object.keys(fields).find((name) => !inputs.some((input) => input.name === name));
  const names = inputs.map(({ name }) => name).join(", ");
  if (unknown !== undefined)
    throw new UserError(`predict: ${unknown} is no field of this network, which reads ${names}`);
  const read = inputs.map((input) => {
    const value = fields[input.name];
    if (value === undefined)
      throw new UserError(`predict: ${input.name} is missing: give { ${names} } with a value for each`);
    return { input, ...readField(input, value, asList && !isNamed) };
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
    if (typeof given[i] !== "number") return undefined;
    array[i] = given[i];
  }
  return allFinite(array) ? array : undefined;
}

/** In one sum, which a processor does faster than a question for each number: 0 of any finite number is 0, of another NaN. */
function allFinite(numbers: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < numbers.length; i++) zero += numbers[i]! * 0;
  return zero === 0;
}

type Fields = { readonly [field: string]: Numbers };
const isRecord = (given: unknown): given is Fields =>
  typeof given === "object" &&
  given !== null &&
  !ArrayBuffer.isView(given) &&
  !Array.isArray(given) &&
  !isShaped(given);

const isFlat = (value: unknown): value is ArrayLike<number> =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView) &&
  !/^Big/.test(Object.prototype.toString.call(value).slice(8));
const isShaped = (value: unknown): value is { readonly shape: Shape; readonly data: ArrayLike<number> } =>
  typeof value === "object" && value !== null && "shape" in value && "data" in value;

/** How numbers of these axes are examples of a shape; undefined where they are none. */
function formOf(dims: Shape, shape: Shape, asList: boolean): { count: number; single: boolean } | undefined {
  const size = sizeOf(shape);
  const [count = 1, ...each] = dims;
  const exactly = (found: Shape): boolean => same(found, shape) || same(found, [size]);
  const loosely = (found: Shape): boolean => found.length > 0 && sizeOf(found) === size;
  const one = { count: 1, single: true };
  const list = dims.length > 0 ? { count, single: false } : undefined;
  if (asList && list && (exactly(each) || sizeOf(each) === size || count === 0)) return list;
  if (exactly(dims)) return one;
  if (list && count > 0 && exactly(each)) return list;
  // Pixels of an image may come in rows, and the other way round.
  if (loosely(dims)) return one;
  return list && count > 0 && sizeOf(each) === size ? list : undefined;
}

function readField(input: PredictionInput, value: Numbers, asList: boolean) {
  const { name, shape, dtype } = input;
  const dims = shapeOf(value, name, 0);
  const form = formOf(dims, shape, asList);
  if (!form)
    throw new UserError(
      `predict: ${name} must be an example ${spell(shape)}${shape.length > 1 ? ` or [${sizeOf(shape)}]` : ""}, or a list of examples, received ${dims.length === 0 ? show(value) : spell(dims)}`,
    );
  const numbers = dtype === "float32" ? new Float32Array(form.count * sizeOf(shape)) : new Float64Array(form.count * sizeOf(shape)); // biome-ignore format: one line
  fill(numbers, value, { at: 0, name, dims, depth: 0 });
  check(input, numbers, value, form.single);
  return { ...form, array: numbers instanceof Float32Array ? numbers : Int32Array.from(numbers) };
}

const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);
const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((length, i) => length === b[i]);
const spell = (shape: Shape): string => `[${shape.join(", ")}]`;

/** No array of the library has more axes. */
const MOST_AXES = 16;

/** The axes of nested lists, by the first element of each. */
function shapeOf(value: unknown, name: string, depth: number): Shape {
  if (depth > MOST_AXES) throw new UserError(`predict: ${name} must have at most ${MOST_AXES} axes, it has more`);
  if (isFlat(value)) return [value.length];
  if (isShaped(value)) return checkedShape(value, name);
  if (!Array.isArray(value)) return [];
  return value.length === 0 ? [0] : [value.length, ...shapeOf(value[0], name, depth + 1)];
}

function checkedShape({ shape, data }: { readonly shape: unknown; readonly data: unknown }, name: string): Shape {
  const isShape = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isShape || !isFlat(data) || data.length !== sizeOf(shape))
    throw new UserError(
      `predict: ${name} must be { shape, data } with as many numbers as its shape says, received the shape ${Array.isArray(shape) ? spell(shape) : show(shape)} and ${isFlat(data) ? `${data.length} numbers` : show(data)}`,
    );
  return shape;
}

interface Filling {
  readonly at: number;
  readonly name: string;
  readonly dims: Shape;
  readonly depth: number;
}

/** Copies the numbers of nested lists; gives where the next one goes. Throws UserError where an element has other axes than the first one. */
function fill(numbers: Float32Array | Float64Array, value: unknown, { at, name, dims, depth }: Filling): number {
  const wanted = dims.slice(depth);
  const isList = Array.isArray(value) || isFlat(value) || isShaped(value);
  if (wanted.length === 0 && !isList) {
    // What is no number is found as none.
    numbers[at] = typeof value === "number" ? value : Number.NaN;
    return at + 1;
  }
  const found = isList ? shapeOf(value, name, depth) : [];
  if (!same(found, wanted))
    throw new UserError(
      `predict: ${name} must be of lists of one length: the first one is ${spell(wanted)}, another is ${isList ? spell(found) : show(value)}`,
    );
  if (isFlat(value) || isShaped(value)) {
    const data = isFlat(value) ? value : value.data;
    if (data.length === 0) checkThere(data, name);
    else numbers.set(data, at);
    return at + data.length;
  }
  let next = at;
  const list = value as readonly unknown[];
  for (let i = 0; i < list.length; i++) next = fill(numbers, list[i], { at: next, name, dims, depth: depth + 1 });
  return next;
}

/** Throws UserError for an array whose memory was handed over to another thread: it looks as if it were empty. */
function checkThere(data: ArrayLike<number>, name: string): void {
  if (!ArrayBuffer.isView(data)) return;
  try {
    new Uint8Array(data.buffer);
  } catch {
    throw new UserError(`predict: the memory of ${name} was transferred to another owner: give a copy of it`);
  }
}

function check(input: PredictionInput, numbers: Float32Array | Float64Array, value: Numbers, single: boolean): void {
  const { name, shape, dtype, classes, range } = input;
  const [low, high] = range ?? (classes === undefined ? [] : [0, classes - 1]);
  const rule = (number: number): string | undefined => {
    if (!Number.isFinite(number)) return dtype === "int32" ? "a whole number" : "a finite number";
    if (dtype === "int32" && !(Number.isInteger(number) && Math.abs(number) < 2 ** 31)) return "a whole number";
    return low !== undefined && !(number >= low && number <= high!) ? `from ${low} to ${high}` : undefined;
  };
  for (let i = 0; i < numbers.length; i++) {
    const broken = rule(numbers[i]!);
    if (broken === undefined) continue;
    const size = sizeOf(shape);
    const place = [...(single ? [] : [`example ${Math.floor(i / size)}`]), ...(size > 1 ? [`value ${i % size}`] : [])];
    throw new UserError(
      `predict: ${[name, ...place].join(", ")} must be ${broken}, received ${show(numberAt(value, i).found)} (counted from 0)`,
    );
  }
}

/** What stands at place i of nested lists, or how many places of i are left behind them. */
function numberAt(value: unknown, i: number): { readonly found?: unknown; readonly left: number } {
  const flat = isFlat(value) ? value : isShaped(value) ? value.data : undefined;
  if (flat) return i < flat.length ? { found: flat[i], left: -1 } : { left: i - flat.length };
  if (!Array.isArray(value)) return i === 0 ? { found: value, left: -1 } : { left: i - 1 };
  let left = i;
  for (let k = 0; k < value.length; k++) {
    const within = numberAt(value[k], left);
    if (within.left < 0) return within;
    left = within.left;
  }
  return { left };
}
