import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import { encodeZip, readZip } from "./zip.ts";

/** Elements of an array of numpy, each type with its own code. */
const types = {
  float32: { code: "f4", width: 4, array: Float32Array },
  float64: { code: "f8", width: 8, array: Float64Array },
  int8: { code: "i1", width: 1, array: Int8Array },
  int16: { code: "i2", width: 2, array: Int16Array },
  int32: { code: "i4", width: 4, array: Int32Array },
  int64: { code: "i8", width: 8, array: Float64Array },
  uint8: { code: "u1", width: 1, array: Uint8Array },
  uint16: { code: "u2", width: 2, array: Uint16Array },
  uint32: { code: "u4", width: 4, array: Uint32Array },
  bool: { code: "b1", width: 1, array: Uint8Array },
} as const;

/** The type of an array's elements in numpy. */
export type NpyType = keyof typeof types;
/** Bytes of an element of each type. */
export const npyWidths = Object.fromEntries(Object.entries(types).map(([type, { width }]) => [type, width])) as {
  readonly [T in NpyType]: number;
};
type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** An array of a file of numpy. */
export interface NpyArray {
  /** The type of its elements. int64 comes as doubles, bool as 0 and 1. */
  readonly type: NpyType;
  /** The length of each axis. */
  readonly shape: readonly number[];
  /** The elements, in row-major order. */
  readonly data: NpyData;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"
/** numpy's own limit. */
const MOST_AXES = 64;
/** The elements begin at a multiple of it. */
const ALIGNED = 64;

/**
 * Reads an array of a .npy file (versions 1 to 3, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). `name` stands for the
 * file in errors. Throws UserError for a file that is damaged, for elements that are no numbers of up to 64 bits, and for an int64 that no
 * double holds.
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const { text, start } = headerOf(bytes, name);
  const { descr, isFortran, shape } = described(text, name);
  const [, order = "", code = ""] = /^([<>|=])(\w+)$/.exec(descr) ?? [];
  const found = (Object.keys(types) as NpyType[]).find((type) => types[type].code === code);
  const isOrdered = order === "<" || order === ">";
  if (found === undefined || !(isOrdered || (order === "|" && types[found].width === 1)))
    throw new UserError(
      `npy: ${name} must hold float32, float64, bool, or integers of up to 64 bits but uint64, received the type ${show(descr)}`,
    );
  const { width } = types[found];
  const count = shape.reduce((product, length) => product * length, 1);
  if (start + count * width !== bytes.length)
    throw new UserError(
      `npy: ${name} must hold ${count} elements of ${width} bytes, as its shape (${shape.join(", ")}) says, ${bytes.length - start} bytes follow its header`,
    );
  const read = elementsOf(new Uint8Array(bytes.subarray(start)), found, order === ">", `npy: ${name}`);
  return { type: found, shape, data: isFortran && shape.length > 1 ? rowMajor(read, shape) : read };
}

/** The dictionary at the beginning, and where the elements begin. */
function headerOf(bytes: Uint8Array, name: string): { readonly text: string; readonly start: number } {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw new UserError(`npy: ${name} is not a .npy file: it doesn't begin as one`);
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0)
    throw new UserError(`npy: the version of ${name} must be 1.0, 2.0 or 3.0, received ${major}.${minor}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = major === 1 ? 10 : 12;
  if (bytes.length < from) throw new UserError(`npy: ${name} ends within its header`);
  const start = from + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) throw new UserError(`npy: ${name} ends within its header`);
  return { text: new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(bytes.subarray(from, start)), start };
}

/** What the dictionary says: three keys in any order, as Python writes them. */
function described(text: string, name: string) {
  const wrong = (): UserError =>
    new UserError(`npy: the header of ${name} must have descr, fortran_order and shape, received ${show(text.trim())}`);
  if (/['"]descr['"]\s*:\s*\[/.test(text))
    throw new UserError(`npy: ${name} must hold numbers, its elements are records of several`);
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  const values = new Map<string, string>();
  let left = inner ?? "";
  for (;;) {
    const match = /^\s*(['"])(\w+)\1\s*:\s*(\([^()]*\)|'[^']*'|"[^"]*"|True|False)\s*(,|$)/.exec(left);
    if (!match) break;
    if (values.has(match[2]!)) throw wrong();
    values.set(match[2]!, match[3]!);
    left = left.slice(match[0].length);
  }
  const [descr, fortran, shape] = ["descr", "fortran_order", "shape"].map((key) => values.get(key));
  if (inner === undefined || left.trim() !== "" || values.size !== 3) throw wrong();
  if (!/^['"]/.test(descr ?? "") || !/^[TF]/.test(fortran ?? "") || !/^\(/.test(shape ?? "")) throw wrong();
  const listed = shape!.slice(1, -1).trim();
  if (!/^(\d+\s*,(\s*\d+\s*,)*(\s*\d+)?)?$/.test(listed)) throw wrong();
  const lengths = listed.split(",").flatMap((length) => (length.trim() === "" ? [] : [Number(length)]));
  if (lengths.length > MOST_AXES || !lengths.every(Number.isSafeInteger)) throw wrong();
  return { descr: descr!.slice(1, -1), isFortran: fortran === "True", shape: lengths };
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * @param bytes of the elements alone, at the beginning of their buffer; they are changed
 * @param subject what an error says first
 */
export function elementsOf(bytes: Uint8Array<ArrayBuffer>, type: NpyType, isBig: boolean, subject: string): NpyData {
  const { width, array } = types[type];
  if (width > 1 && isBig === hostIsLittle)
    for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  const data = new array(bytes.buffer);
  if (type === "bool") for (let i = 0; i < data.length; i++) data[i] = Number(data[i] !== 0);
  if (type === "int64") {
    const words = new BigInt64Array(bytes.buffer);
    for (let i = 0; i < words.length; i++) {
      const value = Number(words[i]!);
      if (BigInt(value) !== words[i])
        throw new UserError(`${subject}: an int64 must be one that a double holds exactly, received ${words[i]}`);
      data[i] = value;
    }
  }
  return data;
}

/** Elements whose first axis runs fastest, with the last one running fastest. */
function rowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const out = data.slice();
  const strides: number[] = [];
  shape.reduce((stride, length) => {
    strides.push(stride);
    return stride * length;
  }, 1);
  const at = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++at[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      at[axis] = 0;
    }
  }
  return out;
}

/** An array to be written. */
export interface EncodableNpy extends Pick<NpyArray, "shape" | "data"> {
  /** The type of its elements (default: what the array's own class holds; a Float64Array may be int64, a Uint8Array bool). */
  readonly type?: NpyType | undefined;
}

/**
 * An array as a .npy file of version 1.0, little-endian and row-major. Throws UserError for a type that isn't the elements' own, and for a
 * shape of another number of elements.
 */
export function encodeNpy({ shape, data, type = ownType(data) }: EncodableNpy): Uint8Array<ArrayBuffer> {
  const { code, width, array } = types[type];
  const count = shape.reduce((product, length) => product * length, 1);
  if (!(data instanceof array) || count !== data.length)
    throw new UserError(
      `npy: an array of ${type} and the shape (${shape.join(", ")}) must hold ${count} elements in a ${array.name}, received ${data.length} in a ${data.constructor.name}`,
    );
  const lengths = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${width === 1 ? "|" : "<"}${code}', 'fortran_order': False, 'shape': ${lengths}, }`;
  const start = Math.ceil((MAGIC.length + 4 + text.length + 1) / ALIGNED) * ALIGNED;
  const bytes = new Uint8Array(start + count * width).fill(0x20, 0, start);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[start - 1] = 0x0a;
  const elements = bytes.subarray(start);
  if (type === "int64") new BigInt64Array(bytes.buffer, start, count).set(Array.from(data, whole));
  else elements.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (!hostIsLittle && width > 1)
    for (let at = 0; at < elements.length; at += width) elements.subarray(at, at + width).reverse();
  return bytes;
}

function whole(value: number): bigint {
  if (!Number.isInteger(value) || value < -(2 ** 63) || value >= 2 ** 63)
    throw new UserError(`npy: an int64 must be a whole number from -2^63 to 2^63 - 1, received ${value}`);
  return BigInt(value);
}

const ownType = (data: NpyData): NpyType => {
  const found = (Object.keys(types) as NpyType[]).find((type) => data instanceof types[type].array);
  if (found === undefined) throw new UserError(`npy: must be given a typed array of numbers, received ${show(data)}`);
  return found;
};

const END = ".npy";

/** Reads the arrays of a .npz file by name. Throws UserError as readNpy and for a ZIP file that is damaged or that numpy wouldn't write. */
export function readNpz(bytes: Uint8Array, name: string): Map<string, NpyArray> {
  return new Map(
    Array.from(readZip(bytes, name), ([file, content]) => {
      if (!file.endsWith(END))
        throw new UserError(`npz: ${name} must hold arrays, as NAME.npy, it holds ${show(file)}`);
      const own = file.slice(0, -END.length);
      return [own, readNpy(content, `${own} in ${name}`)] as const;
    }),
  );
}

/** Arrays by name as a .npz file. Throws UserError as encodeNpy, and above 4 GB. */
export const encodeNpz = (arrays: ReadonlyMap<string, EncodableNpy>): Uint8Array<ArrayBuffer> =>
  encodeZip(new Map(Array.from(arrays, ([name, array]) => [`${name}${END}`, encodeNpy(array)])));
