import { ShapeError, UserError } from "../errors.ts";
import { checkMemory, checkSize, MOST_ELEMENTS } from "./size.ts";

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];
export type DType = "float32" | "float64" | "int32";
export type Data = Float32Array | Float64Array | Int32Array;

/** Nested JavaScript numbers, as deep as the array has axes. */
export type Nested = number | readonly Nested[];

/** What is known of a tensor before it has a value. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, length) => n * length, 1);
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);
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

const bytesOf = (dtype: DType): number => (dtype === "float64" ? 8 : 4);

/** Zeros. Throws UserError where there are too many for an array, or for the machine. */
export function allocate(dtype: DType, size: number): Data {
  checkSize("array: shape", [size]);
  checkMemory("array: the numbers", size * bytesOf(dtype));
  try {
    if (dtype === "float32") return new Float32Array(size);
    return dtype === "int32" ? new Int32Array(size) : new Float64Array(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `array: ${size.toLocaleString("en")} numbers of ${dtype} take ${((size * bytesOf(dtype)) / 2 ** 30).toFixed(1)} GiB, more than this engine gives`,
    );
  }
}

/** Numbers on the JavaScript side: row-major data with a shape. */
export class NdArray implements Spec {
  readonly data: Data;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(data: Data, shape: Shape) {
    if (data.length !== sizeOf(shape))
      throw new ShapeError(`array: shape ${showShape(shape)} needs ${sizeOf(shape)} numbers, received ${data.length}`);
    if (data.length > MOST_ELEMENTS) checkSize("array: shape", shape);
    this.data = data;
    this.shape = shape;
    this.dtype = data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "float64";
  }

  static zeros(shape: Shape, dtype: DType = "float32"): NdArray {
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

  toString(): string {
    return `${showSpec(this)} ${JSON.stringify(this.toNested())}`;
  }
}

/**
 * An array from nested numbers, or from a flat typed array and a shape.
 * Nested numbers become float32 unless `dtype` says otherwise. Throws ShapeError where rows differ in length.
 */
export function array(values: Nested | Data, options: { shape?: Shape; dtype?: DType } = {}): NdArray {
  if (values instanceof Float32Array || values instanceof Int32Array || values instanceof Float64Array) {
    const shape = options.shape ?? [values.length];
    if (options.dtype === undefined) return new NdArray(values, shape);
    const data = allocate(options.dtype, values.length);
    data.set(values);
    return new NdArray(data, shape);
  }
  const found: number[] = [];
  for (let v: Nested = values; Array.isArray(v); v = v[0] as Nested) {
    found.push(v.length);
    if (v.length === 0) break;
  }
  const flat: number[] = [];
  const walk = (v: Nested, axis: number): void => {
    if (typeof v === "number") {
      if (axis !== found.length)
        throw new ShapeError(`array: a number stands where a row of ${found[axis]} was expected`);
      flat.push(v);
      return;
    }
    if (!Array.isArray(v))
      throw new UserError(`array: needs numbers or nested arrays of numbers, received ${typeof v}`);
    if (v.length !== found[axis])
      throw new ShapeError(`array: rows must have one length, received ${found[axis] ?? "a number"} and ${v.length}`);
    for (const item of v as readonly Nested[]) walk(item, axis + 1);
  };
  walk(values, 0);
  const data = allocate(options.dtype ?? "float32", flat.length);
  data.set(flat);
  return new NdArray(data, options.shape ?? found);
}
