import { UserError } from "../errors.ts";
import { gunzip, isGzip } from "../formats/gzip.ts";
import { MOST_EXPANSION } from "../formats/inflate.ts";
import { allocate, requireMemory } from "../formats/memory.ts";

/**
 * The IDX format of the MNIST files: two zero bytes, a type code, the rank, the rank's sizes as 32-bit integers, then the
 * elements in row-major order, everything big-endian. LeCun, Cortes and Burges, "The MNIST database".
 */
const formats = {
  uint8: { code: 0x08, array: Uint8Array },
  int8: { code: 0x09, array: Int8Array },
  int16: { code: 0x0b, array: Int16Array },
  int32: { code: 0x0c, array: Int32Array },
  float32: { code: 0x0d, array: Float32Array },
  float64: { code: 0x0e, array: Float64Array },
} as const;

/** The type of the elements of an IDX file, such as "uint8". */
export type IdxType = keyof typeof formats;
/** The elements of an IDX file. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** A decoded IDX file: `data` holds the product of `shape` elements in row-major order. */
export interface IdxArray {
  /** The type of its elements. */
  readonly type: IdxType;
  /** The length of each axis. */
  readonly shape: readonly number[];
  /** The elements, in row-major order. */
  readonly data: IdxData;
}

interface Header {
  readonly type: IdxType;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly offset: number;
  /** Length of the whole file. */
  readonly length: number;
}

const MAX_RANK = 255;

/** No header of an IDX file is longer than this. */
export const MAX_HEADER = 4 + 4 * MAX_RANK;

/** An IDX file of which the header is known and the elements are not read yet. */
export interface OpenIdx extends Pick<IdxArray, "type" | "shape"> {
  /** Bytes of memory that `decode` allocates. */
  readonly memory: number;
  /** Decodes the elements. Throws UserError where they are not as the header promises. */
  decode(): IdxArray;
}

/**
 * Reads the header of an IDX file, plain or compressed by gzip, whatever its name is. `name` stands for the file in errors.
 * Throws UserError for a header that is damaged, and for one that promises more or less than the file can hold.
 */
export function openIdx(bytes: Uint8Array, name: string): OpenIdx {
  if (!isGzip(bytes)) {
    const { type, shape, length } = plainHeader(bytes, name, bytes.length);
    const memory = type === "uint8" ? 0 : length;
    return { type, shape, memory, decode: () => decodeIdx(bytes, name) };
  }
  const start = new Uint8Array(MAX_HEADER);
  const { filled, more } = gunzip(bytes, name, start);
  const { type, shape, length } = readHeader(start.subarray(0, filled), name);
  if (more ? length <= filled : length !== filled) throw wrongLength(name, filled, length, more);
  if (length > MOST_EXPANSION * bytes.length) {
    throw new UserError(
      `idx: the header of ${name} promises ${length} bytes, the ${bytes.length} compressed bytes that it has hold fewer`,
    );
  }
  const memory = type === "uint8" ? length : 2 * length;
  return { type, shape, memory, decode: () => decodeIdx(unpack(bytes, name, length, memory), name) };
}

/** The whole file, which the header says to be of this length. */
function unpack(bytes: Uint8Array, name: string, length: number, memory: number): Uint8Array {
  requireMemory(`idx: ${name}`, memory);
  const whole = allocate(`idx: ${name}`, length, () => new Uint8Array(length));
  const { filled, more } = gunzip(bytes, name, whole);
  if (more || filled < length) throw wrongLength(name, filled, length, more);
  return whole;
}

/**
 * Decodes an IDX file, inflating it first where it begins with gzip's magic number. `name` stands for the file in errors.
 * Throws UserError for anything but a whole, well-formed file, and for one that needs more memory than there is.
 */
export async function readIdx(bytes: Uint8Array, name: string): Promise<IdxArray> {
  return openIdx(bytes, name).decode();
}

/** Decodes an uncompressed IDX file. A uint8 array is a view on `bytes`, every other type is a copy. Throws as readIdx. */
export function decodeIdx(bytes: Uint8Array, name: string): IdxArray {
  const { type, shape, offset, length } = plainHeader(bytes, name, bytes.length);
  const elements = bytes.subarray(offset);
  if (type === "uint8") return { type, shape, data: elements };
  const { array } = formats[type];
  return allocate(`idx: ${name}`, length, () => ({
    type,
    shape,
    data: new array(copyBigEndian(elements, array.BYTES_PER_ELEMENT).buffer),
  }));
}

/**
 * The header of an uncompressed file of `size` bytes, of which `start` is the beginning: MAX_HEADER bytes, or all there are.
 * Throws UserError for a damaged header and for one that promises another size.
 */
export function plainHeader(start: Uint8Array, name: string, size: number): Header {
  const header = readHeader(start, name);
  if (size !== header.length) throw wrongLength(name, size, header.length, size > header.length);
  return header;
}

function wrongLength(name: string, found: number, promised: number, more: boolean): UserError {
  return new UserError(
    more
      ? `idx: ${name} goes on after the ${promised} bytes that its header promises`
      : `idx: ${name} ends after ${found} bytes, its header promises ${promised}`,
  );
}

/**
 * Encodes an array as an IDX file; the element type follows from the class of `data`.
 * Throws UserError for a shape that the format cannot hold, or that `data` does not fill.
 */
export function encodeIdx({ shape, data }: Pick<IdxArray, "shape" | "data">): Uint8Array<ArrayBuffer> {
  const format = Object.values(formats).find(({ array }) => data instanceof array);
  if (!format)
    throw new UserError("idx: data must be a Uint8Array, Int8Array, Int16Array, Int32Array or a float array");
  if (shape.length > MAX_RANK) throw new UserError(`idx: the rank must be at most ${MAX_RANK}, it is ${shape.length}`);
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0 || size >= 2 ** 32) {
      throw new UserError(`idx: a size must be an integer in 0..2^32-1, ${size} was given`);
    }
  }
  if (product(shape) !== data.length) {
    throw new UserError(`idx: shape [${shape.join(", ")}] does not match the ${data.length} elements given`);
  }
  const offset = 4 + 4 * shape.length;
  const bytes = new Uint8Array(offset + data.byteLength);
  bytes.set([0, 0, format.code, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  const elements = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  bytes.set(copyBigEndian(elements, data.BYTES_PER_ELEMENT), offset);
  return bytes;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length < 4) {
    throw new UserError(`idx: ${name} ends after ${bytes.length} bytes, its magic number alone takes 4`);
  }
  const [zero0, zero1, code, rank] = bytes as unknown as [number, number, number, number];
  if (zero0 !== 0 || zero1 !== 0) {
    throw new UserError(`idx: ${name} must begin with two zero bytes, it begins with ${hex(zero0)} ${hex(zero1)}`);
  }
  const type = (Object.keys(formats) as IdxType[]).find((candidate) => formats[candidate].code === code);
  if (!type) {
    const known = Object.entries(formats).map(([candidate, format]) => `${hex(format.code)} (${candidate})`);
    throw new UserError(`idx: ${name} has the type code ${hex(code)}, the format knows ${known.join(", ")}`);
  }
  const offset = 4 + 4 * rank;
  if (bytes.length < offset) {
    throw new UserError(`idx: ${name} ends after ${bytes.length} bytes, a header of rank ${rank} takes ${offset}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const length = offset + product(shape) * formats[type].array.BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(length)) {
    throw new UserError(`idx: ${name} promises ${describe(shape)} elements, more than any file holds`);
  }
  return { type, shape, offset, length };
}

/** The number of elements, Infinity where it overflows; 0 as soon as one size is 0, whatever the others are. */
function product(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((count, size) => count * size, 1);
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy of elements of `width` bytes, from the host's byte order to big-endian or back. */
function copyBigEndian(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  if (width === 1 || !hostIsLittleEndian) return copy;
  for (let at = 0; at < copy.length; at += width) {
    for (let byte = 0; byte < width; byte++) copy[at + byte] = bytes[at + width - 1 - byte]!;
  }
  return copy;
}

/** The sizes for an error message, where a corrupt header may give hundreds. */
function describe(shape: readonly number[]): string {
  return shape.slice(0, 8).join("×") + (shape.length > 8 ? "×…" : "");
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
