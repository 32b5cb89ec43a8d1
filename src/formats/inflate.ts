/**
 * Deflate (RFC 1951), decompressed into memory that the caller allocates. The platform's own decompressors do not say
 * where a stream ends, which gzip files of several members need, and differ in what they accept after it.
 */

/** Compressed data that break the format's rules. The message is the reason, for whoever knows the file's name. */
export class CorruptData extends Error {
  override name = "CorruptData";
}

/** A place in compressed data, bit by bit, and one in the memory that receives what they hold. */
interface Stream {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  at: number;
  /** Bits that were read and not yet used, the next one lowest. */
  bits: number;
  /** The number of those bits. */
  count: number;
  readonly out: Uint8Array;
  /** Bytes of `out` that are written. */
  filled: number;
  /** Where in `out` this stream began: no match reaches further back. */
  readonly start: number;
}

/** A canonical prefix code. */
interface Codes {
  /** What the next bits mean: at `bits & mask` a symbol times 16, plus its code's length; 0 where that is over SHORT. */
  readonly entries: Uint16Array;
  readonly mask: number;
  /** Codes of each length, 0..15. */
  readonly counts: Uint16Array;
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

/** Codes of up to this length are looked up. Longer ones are rare, and a table with room for them leaves the cache. */
const SHORT = 10;

export interface Inflated {
  /** The first byte of the input after the stream. */
  readonly at: number;
  /** Bytes of `out` that are written. */
  readonly filled: number;
  /** Whether the stream holds more than `out` has room for: it was not read to its end. */
  readonly more: boolean;
}

/** No more than this many bytes can come out of one compressed byte: 4 matches of 258 bytes, 2 bits each. */
export const MOST_EXPANSION = 4 * 258;

/**
 * Inflates the stream that begins at `at`, from `filled` on in `out`, until its end or until `out` is full.
 * Throws CorruptData for a stream that is damaged or ends early.
 */
export function inflate(bytes: Uint8Array, at: number, out: Uint8Array, filled: number): Inflated {
  const stream: Stream = { bytes, at, bits: 0, count: 0, out, filled, start: filled };
  for (let last = false; !last; ) {
    last = take(stream, 1) === 1;
    const more = inflateBlock(stream, take(stream, 2));
    if (more) return { at: stream.at, filled: stream.filled, more };
  }
  // Whole bytes that were read ahead belong to whatever follows.
  return { at: stream.at - (stream.count >> 3), filled: stream.filled, more: false };
}

function inflateBlock(stream: Stream, kind: number): boolean {
  if (kind === 0) return copyStored(stream);
  if (kind === 1) return inflateCoded(stream, fixedLiterals, fixedDistances);
  if (kind === 2) {
    const [literals, distances] = readCodes(stream);
    return inflateCoded(stream, literals, distances);
  }
  throw new CorruptData("a block has an unknown type");
}

/** The next `count` bits, at most 16, as a number. */
function take(stream: Stream, count: number): number {
  while (stream.count < count) {
    if (stream.at === stream.bytes.length) throw endsEarly();
    stream.bits |= stream.bytes[stream.at++]! << stream.count;
    stream.count += 8;
  }
  const value = stream.bits & ((1 << count) - 1);
  stream.bits >>>= count;
  stream.count -= count;
  return value;
}

function copyStored(stream: Stream): boolean {
  stream.at -= stream.count >> 3;
  stream.bits = 0;
  stream.count = 0;
  const length = take(stream, 16);
  if (length !== (take(stream, 16) ^ 0xffff)) throw new CorruptData("the length of a stored block is damaged");
  const { bytes, out, at, filled } = stream;
  const room = Math.min(length, out.length - filled);
  if (at + room > bytes.length) throw endsEarly();
  out.set(bytes.subarray(at, at + room), filled);
  stream.at += room;
  stream.filled += room;
  return room < length;
}

/** Base values and extra bits of the length symbols 257..285. */
const lengthBases = Uint16Array.from([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const lengthExtras = Uint8Array.from([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
/** Base values and extra bits of the distance symbols 0..29. */
const distanceBases = Uint16Array.from([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);
const distanceExtras = Uint8Array.from([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);

/** Literals and matches until the end of the block, or until there is no more room: then true. */
function inflateCoded(stream: Stream, literals: Codes, distances: Codes): boolean {
  const { bytes, out } = stream;
  const { entries, mask } = literals;
  const room = out.length;
  const lastPair = bytes.length - 2;
  for (;;) {
    // A run of literals works on local copies: it is most of the time.
    let { at, bits, count, filled } = stream;
    let entry = 0;
    while (at <= lastPair && filled < room) {
      if (count < 15) {
        bits |= (bytes[at]! | (bytes[at + 1]! << 8)) << count;
        at += 2;
        count += 16;
      }
      entry = entries[bits & mask]!;
      if (entry === 0 || entry >= END_OF_LITERALS) break;
      bits >>>= entry & 15;
      count -= entry & 15;
      out[filled++] = entry >> 4;
    }
    stream.at = at;
    stream.bits = bits;
    stream.count = count;
    stream.filled = filled;

    const symbol = decode(stream, literals);
    if (symbol === 256) return false;
    if (symbol > 256) {
      if (copyMatch(stream, symbol - 257, distances)) return true;
    } else {
      if (stream.filled === room) return true;
      out[stream.filled++] = symbol;
    }
  }
}

/** An entry of at least this much is no literal. */
const END_OF_LITERALS = 256 << 4;

/** Repeats what was written before, as a length symbol says; true where there is no room for all of it. */
function copyMatch(stream: Stream, symbol: number, distances: Codes): boolean {
  if (symbol >= lengthBases.length) throw new CorruptData("a match has an unknown length");
  const length = lengthBases[symbol]! + take(stream, lengthExtras[symbol]!);
  const code = decode(stream, distances);
  if (code >= distanceBases.length) throw new CorruptData("a match has an unknown distance");
  const distance = distanceBases[code]! + take(stream, distanceExtras[code]!);
  const { out, filled, start } = stream;
  if (distance > filled - start) throw new CorruptData("a match reaches back before the beginning");
  const end = Math.min(filled + length, out.length);
  for (let to = filled, from = filled - distance; to < end; to++, from++) out[to] = out[from]!;
  stream.filled = end;
  return end < filled + length;
}

/** The symbol that the next bits stand for. */
function decode(stream: Stream, codes: Codes): number {
  while (stream.count < 15 && stream.at < stream.bytes.length) {
    stream.bits |= stream.bytes[stream.at++]! << stream.count;
    stream.count += 8;
  }
  const entry = codes.entries[stream.bits & codes.mask]! || searched(stream.bits, codes);
  const size = entry & 15;
  if (size > stream.count) throw endsEarly();
  stream.bits >>>= size;
  stream.count -= size;
  return entry >> 4;
}

/** An entry for a code that the table has no room for: codes of one length are consecutive numbers, in order of symbols. */
function searched(bits: number, { counts, symbols }: Codes): number {
  let [code, first, index] = [0, 0, 0];
  for (let length = 1; length <= 15; length++) {
    code = 2 * code + ((bits >>> (length - 1)) & 1);
    const count = counts[length]!;
    if (code < first + count) return (symbols[index + code - first]! << 4) | length;
    index += count;
    first = 2 * (first + count);
  }
  throw new CorruptData("a code stands for nothing");
}

/** The order in which the lengths of the codes for code lengths are stored. */
const orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The codes of a block that brings its own: for literals and lengths, and for distances. */
function readCodes(stream: Stream): [literals: Codes, distances: Codes] {
  const literals = take(stream, 5) + 257;
  const distances = take(stream, 5) + 1;
  const given = take(stream, 4) + 4;
  if (literals > 286 || distances > 30) throw new CorruptData("a block has too many codes");
  const meta = new Uint8Array(19);
  for (let i = 0; i < given; i++) meta[orderOfLengths[i]!] = take(stream, 3);
  const codes = codesOf(meta, true);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length; ) {
    const symbol = decode(stream, codes);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) throw new CorruptData("a code length repeats none");
    const repeated = symbol === 16 ? lengths[at - 1]! : 0;
    const times = symbol === 16 ? 3 + take(stream, 2) : symbol === 17 ? 3 + take(stream, 3) : 11 + take(stream, 7);
    if (at + times > lengths.length) throw new CorruptData("there are more code lengths than codes");
    lengths.fill(repeated, at, at + times);
    at += times;
  }
  if (lengths[256] === 0) throw new CorruptData("a block has no code for its end");
  return [codesOf(lengths.subarray(0, literals), false), codesOf(lengths.subarray(literals), false)];
}

/**
 * The canonical prefix code of these lengths (0: the symbol has no code). Throws CorruptData where two symbols would share
 * a code, and where a code is missing: only a single code of length 1 may leave the other unused, unless all must be there.
 */
function codesOf(lengths: Uint8Array, complete: boolean): Codes {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  let longest = 15;
  while (longest > 0 && counts[longest] === 0) longest--;
  // Where the codes of each length begin, as numbers and in the list of symbols.
  const [next, index] = [new Uint16Array(16), new Uint16Array(16)];
  let free = 1;
  for (let length = 1; length <= 15; length++) {
    free = 2 * free - counts[length]!;
    if (free < 0) throw new CorruptData("the code lengths of a block exceed their space");
    next[length] = (next[length - 1]! + counts[length - 1]!) << 1;
    index[length] = index[length - 1]! + counts[length - 1]!;
  }
  if (free > 0 && (complete || longest > 1)) throw new CorruptData("the code lengths of a block are incomplete");

  const entries = new Uint16Array(1 << Math.min(longest, SHORT));
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[index[length]!++] = symbol;
    // Codes are sent highest bit first, the bits of numbers lowest first.
    const code = reversed(next[length]!++, length);
    if (length > SHORT) return;
    for (let at = code; at < entries.length; at += 1 << length) entries[at] = (symbol << 4) | length;
  });
  return { entries, mask: entries.length - 1, counts, symbols };
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}

/** The code of blocks that bring none: 288 literals and lengths, of which two are never valid, and 32 distances. */
const fixedLiterals = codesOf(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  true,
);
const fixedDistances = codesOf(new Uint8Array(32).fill(5), true);

const endsEarly = () => new CorruptData("it ends within its compressed data");
