import { UserError } from "../errors.ts";
import type { NdArray } from "../graph/ndarray.ts";

/**
 * MAT-files of version 5, uncompressed, as MATLAB, Octave and scipy.io read them ("MAT-File Format", The MathWorks): a header of 128 bytes, then a
 * matrix after the other. All elements begin at a multiple of 8 bytes.
 */
const HEADER = 128;
/** Kinds of elements, and how numbers of each dtype lie in one. */
const [INT8, INT32, UINT32, MATRIX] = [1, 5, 6, 14];
const numbers = { float32: { kind: 7, matrix: 7 }, float64: { kind: 9, matrix: 6 }, int32: { kind: 5, matrix: 12 } };
const LONGEST_NAME = 63;
const LARGEST = 2 ** 31;

/**
 * Arrays by name as one MAT-file: single, double or int32 matrices. A vector is a row, [1, n]. What no name of a variable may have is a `_`:
 * `hidden1.weight` is `hidden1_weight`. Throws UserError for two arrays of one such name, and for an array of 2 GB.
 */
export function encodeMat(arrays: ReadonlyMap<string, NdArray>): Uint8Array<ArrayBuffer> {
  const taken = new Map<string, string>();
  const matrices = Array.from(arrays, ([name, array]) => {
    const own = variable(name);
    const other = taken.get(own);
    if (other !== undefined)
      throw new UserError(`mat: arrays must have names of their own, ${other} and ${name} are both ${own}`);
    taken.set(own, name);
    return matrix(own, array);
  });
  const bytes = new Uint8Array(matrices.reduce((size, each) => size + each.length, HEADER)).fill(0x20, 0, 116);
  bytes.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, written by heaviside"));
  // The version, and letters by which a reader knows the byte order.
  bytes.set([0, 1, 0x49, 0x4d], 124);
  let at = HEADER;
  for (const each of matrices) {
    bytes.set(each, at);
    at += each.length;
  }
  return bytes;
}

function variable(name: string): string {
  const plain = name.replaceAll(/\W/g, "_");
  return (/^[A-Za-z]/.test(plain) ? plain : `x${plain}`).slice(0, LONGEST_NAME);
}

function matrix(name: string, { dtype, shape, data }: NdArray): Uint8Array {
  if (data.byteLength >= LARGEST)
    throw new UserError(`mat: an array must be smaller than 2 GB, ${name} has ${data.byteLength} bytes`);
  const lengths = shape.length === 0 ? [1, 1] : shape.length === 1 ? [1, shape[0]!] : shape;
  const { kind, matrix: of } = numbers[dtype];
  return element(MATRIX, [
    element(UINT32, [littleEndian(Int32Array.of(of, 0))]),
    element(INT32, [littleEndian(Int32Array.from(lengths))]),
    element(INT8, [new TextEncoder().encode(name)]),
    element(kind, [littleEndian(columnMajor(data, lengths))]),
  ]);
}

/** A kind, a length in bytes, and parts in a row, filled up to a multiple of 8 bytes. */
function element(kind: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((size, part) => size + part.length, 0);
  const bytes = new Uint8Array(8 + 8 * Math.ceil(length / 8));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, length, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Row-major elements with the first axis running fastest. */
function columnMajor<D extends NdArray["data"]>(data: D, shape: readonly number[]): D {
  const out = data.slice() as D;
  const at = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = 0; axis < shape.length; axis++) {
      from += strides[axis]!;
      if (++at[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      at[axis] = 0;
    }
  }
  return out;
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(data: NdArray["data"]): Uint8Array {
  const bytes = new Uint8Array(data.slice().buffer);
  const width = data.BYTES_PER_ELEMENT;
  if (!hostIsLittle) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
}
