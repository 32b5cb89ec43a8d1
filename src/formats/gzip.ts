import { UserError } from "../errors.ts";
import { crc32 } from "./crc32.ts";
import { CorruptData, type Inflated, inflate } from "./inflate.ts";

/** Whether the bytes begin with gzip's magic number. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export interface Gunzipped {
  /** Bytes of `out` that are written. */
  readonly filled: number;
  /** Whether the file holds more than `out` has room for: it was not read to its end. */
  readonly more: boolean;
}

/**
 * Decompresses a gzip file (RFC 1952) into `out`: one member or several, one after another, and nothing after them but
 * zeros, which pad files on tapes and disks. Stops where `out` is full. `name` stands for the file in errors.
 * Throws UserError for a file that is damaged or ends early, for a wrong checksum or length, and for bytes after its end.
 */
export function gunzip(bytes: Uint8Array, name: string, out: Uint8Array): Gunzipped {
  let at = 0;
  let filled = 0;
  for (let member = 1; ; member++) {
    try {
      const result = gunzipMember(bytes, at, out, filled);
      filled = result.filled;
      if (result.more) return { filled, more: true };
      at = result.at;
    } catch (error) {
      if (!(error instanceof CorruptData)) throw error;
      const where = member > 1 ? `; this is its member ${member}, which begins at byte ${at}` : "";
      throw new UserError(`gzip: ${name} is corrupt: ${error.message}${where}`, { cause: error });
    }
    const rest = bytes.subarray(at);
    if (isGzip(rest)) continue;
    const wrong = rest.findIndex((byte) => byte !== 0);
    if (wrong < 0) return { filled, more: false };
    throw new UserError(
      `gzip: ${name} is corrupt: ${rest.length} bytes after its end (byte ${at}) are neither zeros nor another gzip member`,
    );
  }
}

/** One member: a header, deflated data, their checksum and their length. */
function gunzipMember(bytes: Uint8Array, start: number, out: Uint8Array, filled: number): Inflated {
  const result = inflate(bytes, afterHeader(bytes, start), out, filled);
  if (result.more) return result;
  const { at } = result;
  if (at + 8 > bytes.length) throw new CorruptData("it ends within the checksum and length at its end");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [checksum, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  const held = result.filled - filled;
  if (length !== held % 2 ** 32) throw new CorruptData(`it says that it holds ${length} bytes, it holds ${held}`);
  const found = crc32(out.subarray(filled, result.filled));
  if (checksum !== found) throw new CorruptData(`its checksum is ${hex(checksum)}, that of its contents ${hex(found)}`);
  return { ...result, at: at + 8 };
}

const HAS_HEADER_CHECKSUM = 2;
const HAS_EXTRA_FIELD = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED = 0xe0;

/** Where the compressed data begin. */
function afterHeader(bytes: Uint8Array, start: number): number {
  const upTo = (end: number): number => {
    if (end > bytes.length) throw new CorruptData("it ends within its header");
    return end;
  };
  let at = upTo(start + 10);
  if (!isGzip(bytes.subarray(start))) throw new CorruptData("it doesn't begin with gzip's magic number");
  const [method, flags] = [bytes[start + 2]!, bytes[start + 3]!];
  if (method !== 8) throw new CorruptData(`its compression method must be 8 (deflate), it is ${method}`);
  if (flags & RESERVED) throw new CorruptData(`its flags ${hex(flags)} have bits that the format reserves`);
  if (flags & HAS_EXTRA_FIELD) {
    upTo(at + 2);
    at = upTo(at + 2 + bytes[at]! + 256 * bytes[at + 1]!);
  }
  for (const text of [HAS_NAME, HAS_COMMENT]) {
    if (!(flags & text)) continue;
    const zero = bytes.indexOf(0, at);
    at = zero < 0 ? upTo(Number.POSITIVE_INFINITY) : zero + 1;
  }
  if (flags & HAS_HEADER_CHECKSUM) {
    upTo(at + 2);
    const checksum = bytes[at]! + 256 * bytes[at + 1]!;
    const found = crc32(bytes.subarray(start, at)) & 0xffff;
    if (checksum !== found) {
      throw new CorruptData(`the checksum of its header is ${hex(checksum)}, that of its bytes ${hex(found)}`);
    }
    at += 2;
  }
  return at;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
