import { UserError } from "../errors.ts";
import { allocate, type DType, NdArray, type Shape, sizeOf } from "../graph/ndarray.ts";
import { crc32 } from "./crc32.ts";

/**
 * Arrays and texts of a safetensors file: an 8-byte little-endian header length, a JSON header, raw little-endian arrays. Any reader of that format
 * can take the arrays out. The metadata begin with a CRC-32, at a fixed place, of the whole file without the checksum's eight digits: a file that
 * was cut or changed anywhere is refused and never half-read.
 */
export interface Safetensors {
  /** Texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly arrays: ReadonlyMap<string, NdArray>;
}

const PREFIX = '{"__metadata__":{"crc32":"';
const SUM_AT = 8 + PREFIX.length;
const SUM_END = SUM_AT + 8;
/** safetensors' own limit. */
export const MAX_HEADER = 100_000_000;

const codes: Record<DType, string> = { float32: "F32", float64: "F64", int32: "I32" };
const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));
const widths = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype === "float64" ? 8 : 4]));

interface Entry {
  readonly dtype: string;
  readonly shape: Shape;
  readonly data_offsets: readonly [number, number];
}

export function encodeSafetensors({ metadata, arrays }: Safetensors): Uint8Array<ArrayBuffer> {
  const entries: [string, Entry][] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of arrays) {
    entries.push([name, { dtype: codes[dtype], shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const text = JSON.stringify({ __metadata__: { crc32: "00000000", ...metadata }, ...Object.fromEntries(entries) });
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const { data } of arrays.values()) {
    bytes.set(littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), data.BYTES_PER_ELEMENT), at);
    at += data.byteLength;
  }
  bytes.set(new TextEncoder().encode(checksum(bytes)), SUM_AT);
  return bytes;
}

/** Whether bytes begin as those that `encodeSafetensors` wrote, or are cut off before that can be told. */
export const beginsAsSafetensors = (bytes: Uint8Array): boolean =>
  bytes.length > 8 && PREFIX.startsWith(ascii(bytes.subarray(8, SUM_AT)));

/**
 * Reads what `encodeSafetensors` wrote. Throws UserError for anything but a whole, undamaged file of that kind.
 * @param kind what the file shall be, in errors: "checkpoint"
 * @param name stands for the file in errors
 */
export function decodeSafetensors(bytes: Uint8Array, kind: string, name: string): Safetensors {
  const fail = (what: string): UserError => new UserError(`${kind}: ${name} ${what}`);
  if (bytes.length < SUM_END) throw fail(`ends after ${bytes.length} bytes, the beginning alone takes ${SUM_END}`);
  const promised = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (promised > MAX_HEADER || ascii(bytes.subarray(8, SUM_AT)) !== PREFIX)
    throw fail(`is not a ${kind}: it doesn't begin as one`);
  const start = 8 + Number(promised);
  if (bytes.length < start) throw fail(`ends after ${bytes.length} bytes, its header alone takes ${start}`);

  const parsed = parseHeader(bytes.subarray(8, start), widths);
  const end = parsed && start + parsed.entries.reduce((most, [, entry]) => Math.max(most, entry.data_offsets[1]), 0);
  if (end !== undefined && bytes.length < end)
    throw fail(`ends after ${bytes.length} bytes, its header promises ${end}`);
  const [stored, received] = [ascii(bytes.subarray(SUM_AT, SUM_END)), checksum(bytes)];
  if (stored !== received) throw fail(`is damaged: its checksum is ${received}, it must be ${stored}`);
  if (!parsed || bytes.length !== end) throw fail(`is not a ${kind}: its header doesn't describe its arrays`);

  const arrays = new Map(
    parsed.entries.map(
      ([
        key,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const data = allocate(dtypes.get(dtype)!, sizeOf(shape));
        const raw = littleEndian(bytes.subarray(start + from, start + to), data.BYTES_PER_ELEMENT);
        new Uint8Array(data.buffer).set(raw);
        return [key, new NdArray(data, shape)];
      },
    ),
  );
  return { metadata: parsed.metadata, arrays };
}

/** No array of the library has more axes. */
const MOST_AXES = 16;

/**
 * The header's contents, or nothing where any part of it isn't as it must be. The arrays must fill the rest of the file one after the other:
 * then they are not larger than it, whatever their header says.
 * @param widths bytes of an element by its type's code
 * @param unknown throws where a type has none; otherwise the header isn't as it must be
 */
export function parseHeader(
  json: Uint8Array,
  widths: ReadonlyMap<string, number>,
  unknown?: (code: string) => never,
): { metadata: Record<string, string>; entries: [string, Entry][] } | undefined {
  try {
    const { __metadata__: metadata = {}, ...rest } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
    const entries = Object.entries(rest as Record<string, Entry>);
    for (const [, { dtype, shape, data_offsets }] of entries) {
      const width = widths.get(dtype);
      if (width === undefined && typeof dtype === "string") unknown?.(dtype);
      if (width === undefined || !Array.isArray(shape) || shape.length > MOST_AXES || data_offsets.length !== 2)
        return undefined;
      const [from, to] = data_offsets;
      const whole = [from, to, ...shape].every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!whole || to - from !== sizeOf(shape) * width) return undefined;
    }
    const placed = entries.map(([, { data_offsets }]) => data_offsets).sort(([a, b], [c, d]) => a - c || b - d);
    if (placed.some(([from], i) => from !== (placed[i - 1]?.[1] ?? 0))) return undefined;
    if (!Object.values(metadata).every((text) => typeof text === "string")) return undefined;
    return { metadata, entries };
  } catch (error) {
    if (error instanceof UserError) throw error;
    return undefined;
  }
}

const checksum = (bytes: Uint8Array): string =>
  crc32(bytes.subarray(0, SUM_AT), bytes.subarray(SUM_END)).toString(16).padStart(8, "0");

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Elements of `width` bytes from the host's byte order to little-endian, or back. */
function littleEndian(bytes: Uint8Array, width: number): Uint8Array {
  if (hostIsLittleEndian) return bytes;
  const copy = new Uint8Array(bytes);
  for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse();
  return copy;
}
