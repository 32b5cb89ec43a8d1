import { CorruptData } from "../inflate.ts";

/** A copy of 64 bytes takes three: no more than this many bytes come out of one. */
const MOST_EXPANSION = 64 / 3;

/** Up to this many bytes are copied one by one: a call costs more. */
const SHORT = 32;

/**
 * What a block of Snappy holds, which must be `size` bytes. Throws CorruptData for one that is damaged.
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unsnappy(bytes: Uint8Array, size: number): Uint8Array {
  if (size > MOST_EXPANSION * bytes.length)
    throw new CorruptData(`a page must hold ${size} bytes, its ${bytes.length} compressed ones hold fewer`);
  let [at, promised] = [0, 0];
  for (let place = 1; ; place *= 128) {
    const byte = byteAt(bytes, at++);
    promised += (byte & 127) * place;
    if (byte < 128) break;
  }
  if (promised !== size) throw new CorruptData(`a page must hold ${size} bytes, it says that it holds ${promised}`);
  const out = new Uint8Array(size);
  let filled = 0;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    if ((tag & 3) === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const width = length - 60;
        length = 1 + little(bytes, at, width);
        at += width;
      }
      if (length > bytes.length - at || length > size - filled) throw outside();
      if (length > SHORT) out.set(bytes.subarray(at, at + length), filled);
      else for (let i = 0; i < length; i++) out[filled + i] = bytes[at + i]!;
      at += length;
      filled += length;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const width = isShort ? 1 : (tag & 3) === 2 ? 2 : 4;
    const length = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = little(bytes, at, width) + (isShort ? (tag >> 5) * 256 : 0);
    at += width;
    if (distance === 0 || distance > filled || length > size - filled) throw outside();
    if (length > SHORT && distance >= length) out.copyWithin(filled, filled - distance, filled - distance + length);
    else for (let i = filled; i < filled + length; i++) out[i] = out[i - distance]!;
    filled += length;
  }
  if (filled !== size) throw new CorruptData(`a page must hold ${size} bytes, it holds ${filled}`);
  return out;
}

const outside = (): CorruptData => new CorruptData("a compressed page points outside of itself");

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new CorruptData("a compressed page ends early");
  return byte;
}

/** A number of `width` bytes, the lowest first. */
function little(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = 256 * value + byteAt(bytes, at + i);
  return value;
}
