import { ShapeError, UserError } from "../errors.ts";
import { checkObject, KIND, kindOf, show } from "../rules.ts";
import { checkMemory, checkSize, MOST_ELEMENTS } from "./size.ts";

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];
export const dtypes = ["float32", "float64", "int32"] as const;
/** The type of an array's numbers: "float32", "float64" or "int32". */
export type DType = (typeof dtypes)[number];
/** The numbers of an array: its type follows from the dtype. */
export type Data = Float32Array | Float64Array | Int32Array;

/** Nested JavaScript numbers, as deep as the array has axes. */
export type Nested = number | readonly Nested[];

/** What is known of a tensor before it has a value. */
export interface Spec {
  /** The length of each axis. */
  readonly shape: Shape;
  /** The type of its numbers. */
  readonly dtype: DType;
}

// Plain loops: an evaluation asks for each of its arrays.
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * The shape as one that nobody can change any more: itself where it is frozen, a copy otherwise.
 * Throws ShapeError unless it is a list of whole numbers from 0.
 */
export function ownShape(what: string, shape: Shape): Shape {
  checkLengths(what, shape);
  return Object.isFrozen(shape) ? shape : Object.freeze([...shape]);
}

export const isFloat = (dtype: DType): boolean => dtype !== "int32";
export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;
export const showSpec = (s: Spec): string => `${s.dtype}${showShape(s.shape)}`;

/** Distance in elements between neighbours along each axis of a row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** Throws ShapeError, naming `subject` and `what`, for anything but whole numbers from 0, as the lengths of axes are. */
export function checkLengths(subject: string, shape: unknown, what = "the shape"): asserts shape is Shape {
  let fits = Array.isArray(shape);
  // By index, so that the holes of a sparse array are seen.
  for (let i = 0; fits && i < (shape as Shape).length; i++) fits = isLength((shape as Shape)[i]);
  if (!fits)
    throw new ShapeError(`${subject}: ${what} must be an array of whole numbers from 0, received ${show(shape)}`);
}

const isLength = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;

/** Throws ShapeError, naming `subject`, for a dtype that doesn't exist. */
export function checkDtype(subject: string, dtype: unknown): asserts dtype is DType {
  if (!dtypes.includes(dtype as DType))
    throw new ShapeError(`${subject}: dtype must be one of ${dtypes.join(", ")}, received ${show(dtype)}`);
}

const bytesOf = (dtype: DType): number => (dtype === "float64" ? 8 : 4);

/** Zeros. Throws UserError for an unknown dtype, and where there are too many for an array, or for the machine. */
export function allocate(dtype: DType, size: number): Data {
  checkSize("array: shape", [size]);
  checkMemory("array: the numbers", size * bytesOf(dtype));
  try {
    if (dtype === "float32") return new Float32Array(size);
    if (dtype === "int32") return new Int32Array(size);
    checkDtype("array", dtype);
    return new Float64Array(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `array: ${size.toLocaleString("en")} numbers of ${dtype} take ${((size * bytesOf(dtype)) / 2 ** 30).toFixed(1)} GiB, more than this engine gives`,
    );
  }
}

/**
 * The typed array itself, or a view of the same memory where it is one of another realm (of a vm context, of an iframe, of jest).
 * Undefined for anything but the three kinds.
 */
export function typedArray(value: unknown): Data | undefined {
  if (value instanceof Float32Array || value instanceof Int32Array || value instanceof Float64Array) return value;
  if (!ArrayBuffer.isView(value)) return undefined;
  const { buffer, byteOffset, length } = value as Float32Array;
  switch (Object.prototype.toString.call(value)) {
    case "[object Float32Array]":
      return new Float32Array(buffer, byteOffset, length);
    case "[object Int32Array]":
      return new Int32Array(buffer, byteOffset, length);
    case "[object Float64Array]":
      return new Float64Array(buffer, byteOffset, length);
  }
  return undefined;
}

function notData(value: unknown): UserError {
  const holdsNumbers = ArrayBuffer.isView(value) && "length" in value && !/BigInt/.test(show(value));
  const advice = holdsNumbers ? ": Float32Array.from(...) converts it" : "";
  return new UserError(
    `array: data must be a Float32Array, Float64Array or Int32Array, received ${show(value)}${advice}`,
  );
}

const LARGEST_INT = 2 ** 31 - 1;

/**
 * Numbers as another dtype. Throws ShapeError, naming `subject`, for a number that int32 doesn't hold exactly (a fraction, NaN, ±Infinity,
 * one beyond ±2³¹), and for a finite number beyond float32's range. Floats are rounded to the nearest.
 */
export function convert(subject: string, values: ArrayLike<number>, dtype: DType): Data {
  const data = allocate(dtype, values.length);
  for (let i = 0; i < data.length; i++) {
    const value = values[i]!;
    data[i] = value;
    if (data[i] === value) continue;
    const at = values.length > 1 ? ` at ${i}` : "";
    if (dtype === "int32")
      throw new ShapeError(
        `${subject}: int32 holds whole numbers from ${-LARGEST_INT - 1} to ${LARGEST_INT}, received ${show(value)}${at}`,
      );
    if (Number.isFinite(value) && !Number.isFinite(data[i]))
      throw new ShapeError(`${subject}: float32 holds numbers up to 3.4e38, received ${value}${at}`);
  }
  return data;
}

/** Numbers on the JavaScript side: row-major data with a shape. */
export class NdArray implements Spec {
  get [KIND](): "array" {
    return "array";
  }
  /** The numbers, in row-major order. */
  readonly data: Data;
  /** The length of each axis. */
  readonly shape: Shape;
  /** The type of its numbers. */
  readonly dtype: DType;

  /** Throws ShapeError where the shape needs another number of numbers than the typed array has. */
  constructor(data: Data, shape: Shape) {
    const own = typedArray(data);
    if (!own) throw notData(data);
    this.shape = ownShape("array", shape);
    if (own.length !== sizeOf(shape))
      throw new ShapeError(`array: shape ${showShape(shape)} needs ${sizeOf(shape)} numbers, received ${own.length}`);
    if (own.length > MOST_ELEMENTS) checkSize("array: shape", shape);
    this.data = own;
    this.dtype = own instanceof Float32Array ? "float32" : own instanceof Int32Array ? "int32" : "float64";
  }

  /** An array of zeros of this shape and dtype. */
  static zeros(shape: Shape, dtype: DType = "float32"): NdArray {
    checkLengths("array", shape);
    checkSize("zeros: shape", shape);
    return new NdArray(allocate(dtype, sizeOf(shape)), shape);
  }

  /** The only number of a one-element array. Throws when there are more or none. */
  item(): number {
    if (this.data.length !== 1)
      throw new ShapeError(`item: needs an array of one element, received shape ${showShape(this.shape)}`);
    return this.data[0]!;
  }

  /** As nested JavaScript arrays: a number for a scalar. */
  toNested(): Nested {
    const build = (axis: number, offset: number, step: number): Nested => {
      if (axis === this.shape.length) return this.data[offset]!;
      const inner = step / this.shape[axis]!;
      return Array.from({ length: this.shape[axis]! }, (_, i) => build(axis + 1, offset + i * inner, inner));
    };
    return build(0, 0, this.data.length);
  }

  /** Its dtype, shape and numbers. */
  toString(): string {
    const text = (values: Nested): string =>
      typeof values === "number" ? String(values) : `[${values.map(text).join(",")}]`;
    return `${showSpec(this)} ${text(this.toNested())}`;
  }

  /** JavaScript's operators take an array of one element for its number. Throws ShapeError for others; text is what toString gives. */
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === "string") return this.toString();
    if (this.data.length === 1) return this.data[0]!;
    throw new ShapeError(
      `array: JavaScript's operators take arrays of one element only, received ${showSpec(this)}: use its data, or ops in a compiled function`,
    );
  }
}

/** An NdArray of another copy of the library, which is but data, as one of this copy; others as they are. */
export const adopted = (value: unknown): unknown =>
  !(value instanceof NdArray) && kindOf(value) === "array"
    ? new NdArray((value as NdArray).data, Array.from((value as NdArray).shape))
    : value;

/** Arrays nested more deeply are taken for a mistake, such as one that contains itself. */
const MOST_AXES = 64;

/**
 * How many numbers a typed array has now. Optimized code of V8 11 (Node 20) keeps the old length of an array whose memory was transferred, once it has met
 * an array whose memory can be resized; the memory's own length is right.
 */
export const countOf = (data: Data): number => (data.length > 0 && data.buffer.byteLength === 0 ? 0 : data.length);

/** Throws UserError unless an array still has the numbers it was made with: its buffer may have been resized or transferred since. */
export function checkWhole(what: string, x: NdArray): void {
  const count = countOf(x.data);
  if (count !== sizeOf(x.shape))
    throw new UserError(
      `${what}: ${showSpec(x)} needs ${sizeOf(x.shape)} numbers, its buffer now has ${count}: it was resized or transferred, so make the array anew`,
    );
}

/**
 * An array from nested numbers, or from a flat typed array and a shape. Nested numbers become float32 unless
 * `dtype` says otherwise; they are rounded to the nearest. Throws ShapeError where rows differ in length, for
 * a number that int32 doesn't hold exactly, and for a finite number beyond float32's range. Nested lists
 * [[…], […]] give one axis a level.
 */
export function array(values: Nested | Data, options: { shape?: Shape; dtype?: DType } = {}): NdArray {
  checkObject("array", options, ["shape", "dtype"]);
  if (options.shape !== undefined) checkLengths("array", options.shape);
  if (options.dtype !== undefined) checkDtype("array", options.dtype);
  const typed = typedArray(values);
  if (typed) {
    const shape = options.shape ?? [typed.length];
    return new NdArray(options.dtype === undefined ? typed : convert("array", typed, options.dtype), shape);
  }
  const found: number[] = [];
  for (let v: unknown = values; Array.isArray(v); v = v[0]) {
    found.push(v.length);
    if (v.length === 0) break;
    if (found.length > MOST_AXES)
      throw new ShapeError(`array: numbers must be nested at most ${MOST_AXES} deep, received more`);
  }
  const flat: number[] = [];
  const walk = (v: unknown, axis: number): void => {
    if (typeof v === "number") {
      if (axis !== found.length)
        throw new ShapeError(`array: a number stands where a row of ${found[axis]} was expected`);
      flat.push(v);
      return;
    }
    if (ArrayBuffer.isView(v) && axis === 0) throw notData(v);
    if (!Array.isArray(v)) throw new UserError(`array: needs numbers or nested arrays of numbers, received ${show(v)}`);
    if (v.length !== found[axis])
      throw new ShapeError(`array: rows must have one length, received ${found[axis] ?? "a number"} and ${v.length}`);
    for (const item of v) walk(item, axis + 1);
  };
  walk(values, 0);
  return new NdArray(convert("array", flat, options.dtype ?? "float32"), options.shape ?? found);
}
