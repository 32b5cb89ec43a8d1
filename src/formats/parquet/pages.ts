import { crc32 } from "../crc32.ts";
import { CorruptData } from "../inflate.ts";
import { Deltas } from "./delta.ts";
import type { Chunk, Field } from "./metadata.ts";
import { Runs } from "./runs.ts";
import { Thrift } from "./thrift.ts";
import { type Cells, type Give, inBytes, integer, narrow, plain } from "./values.ts";

/** Unpacks a page of `size` bytes. */
export type Unpack = (bytes: Uint8Array, size: number) => Uint8Array;

/** What stands before a page. */
interface Head {
  type: number;
  size: number;
  packed: number;
  crc: number | undefined;
  values: number;
  encoding: number;
  /** Bytes of the levels of a page of version 2. */
  definitions: number;
  repetitions: number;
  isPacked: boolean;
}

const [DATA, INDEX, DICTIONARY, DATA_2] = [0, 1, 2, 3];
/** How values are encoded, by the numbers of the format. */
const [PLAIN, PLAIN_DICTIONARY, RLE, DELTA, DELTA_LENGTH, DELTA_BYTES, RLE_DICTIONARY, SPLIT] = [0, 2, 3, 5, 6, 7, 8, 9]; // biome-ignore format: one line

/** Gives the cells of a column in one group of `rows` rows. Throws CorruptData for what is damaged, or holds more or fewer cells. */
export function readChunk(
  file: Uint8Array,
  chunk: Chunk,
  field: Field,
  rows: number,
  cells: Cells,
  unpack: Unpack,
): void {
  // biome-ignore format: one line
  const bytes = file.subarray(chunk.start, chunk.start + chunk.length);
  let dictionary: Dictionary | undefined;
  let [at, done] = [0, 0];
  while (done < rows) {
    const { head, end } = headAt(bytes, at);
    if (head.packed < 0 || head.size < 0 || end + head.packed > bytes.length)
      throw new CorruptData("a page is longer than its column");
    const page = bytes.subarray(end, end + head.packed);
    at = end + head.packed;
    if (head.crc !== undefined && (head.crc | 0) !== (crc32(page) | 0))
      throw new CorruptData("a page isn't what its checksum says");
    if (head.type === INDEX) continue;
    if (head.type === DICTIONARY) {
      if (dictionary) throw new CorruptData("a column has two dictionaries");
      dictionary = new Dictionary(field, unpack(page, head.size), head.values);
      continue;
    }
    if (head.type !== DATA && head.type !== DATA_2) throw new CorruptData(`a page has the unknown type ${head.type}`);
    if (head.values < 0 || head.values > rows - done) throw new CorruptData(`a group must have ${rows} rows, a column of it has more`); // biome-ignore format: one line
    givePage(head, page, field, cells, unpack, dictionary);
    done += head.values;
  }
}

function headAt(bytes: Uint8Array, at: number): { readonly head: Head; readonly end: number } {
  const head: Head = { ...{ type: -1, size: -1, packed: -1, crc: undefined, values: 0, encoding: -1 }, ...{ definitions: 0, repetitions: 0, isPacked: true } }; // biome-ignore format: one line
  const thrift = new Thrift(bytes, at);
  thrift.struct((id, kind) => {
    if (id === 1) head.type = thrift.int(kind);
    else if (id === 2) head.size = thrift.int(kind);
    else if (id === 3) head.packed = thrift.int(kind);
    else if (id === 4) head.crc = thrift.int(kind);
    else if (id === 5 || id === 7)
      thrift.struct((own, of) => {
        if (own === 1) head.values = thrift.int(of);
        else if (own === 2) head.encoding = thrift.int(of);
      }, kind);
    else if (id === 8)
      thrift.struct((own, of) => {
        if (own === 1) head.values = thrift.int(of);
        else if (own === 4) head.encoding = thrift.int(of);
        else if (own === 5) head.definitions = thrift.int(of);
        else if (own === 6) head.repetitions = thrift.int(of);
        else if (own === 7) head.isPacked = thrift.flag(of);
      }, kind);
  });
  return { head, end: thrift.at };
}

function givePage(
  head: Head,
  page: Uint8Array,
  field: Field,
  cells: Cells,
  unpack: Unpack,
  dictionary?: Dictionary,
): void {
  // biome-ignore format: one line
  const { values, size } = head;
  let levels: Runs | undefined;
  let content: Uint8Array;
  if (head.type === DATA_2) {
    const before = head.repetitions + head.definitions;
    if (head.repetitions < 0 || head.definitions < 0 || before > page.length || before > size)
      throw new CorruptData("the levels of a page are longer than it");
    if (field.isOptional) levels = new Runs(page, head.repetitions, before, 1);
    const rest = page.subarray(before);
    content = head.isPacked && size > before ? unpack(rest, size - before) : rest;
  } else {
    content = unpack(page, size);
    if (field.isOptional) {
      const length = lengthAt(content, 0);
      levels = new Runs(content, 4, 4 + length, 1);
      content = content.subarray(4 + length);
    }
  }
  const give = giver(head, content, field, dictionary);
  if (!levels) for (let i = 0; i < values; i++) give(cells);
  else
    for (let i = 0; i < values; i++)
      if (levels.next() === 1) give(cells);
      else cells.missing();
}

/** A length of four bytes, of what follows it. */
function lengthAt(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 4) throw new CorruptData("a page has fewer values than it says");
  const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true);
  if (length > bytes.length - at - 4) throw new CorruptData("a page has fewer values than it says");
  return length;
}

/** What gives the values of a page, by their encoding. Nothing is read of a page without values. */
function giver({ encoding, values }: Head, bytes: Uint8Array, field: Field, dictionary?: Dictionary): Give {
  const { physical } = field;
  if (encoding === PLAIN) return plain(field, bytes);
  if (bytes.length === 0)
    return () => {
      throw new CorruptData("a page has fewer values than it says");
    };
  if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) {
    if (!dictionary) throw new CorruptData("a column has no dictionary, and values in it");
    const places = new Runs(bytes, 1, bytes.length, bytes[0]!);
    return (cells) => dictionary.give(places.next(), cells);
  }
  if (encoding === RLE && physical === "BOOLEAN") {
    const bits = new Runs(bytes, 4, 4 + lengthAt(bytes, 0), 1);
    return (cells) => cells.word(bits.next() === 1 ? "true" : "false");
  }
  if (encoding === DELTA && (physical === "INT32" || physical === "INT64")) {
    const deltas = new Deltas(bytes, 0, physical === "INT64");
    const give = integer(field);
    return (cells) => give(cells, narrow(deltas.next()));
  }
  if (encoding === DELTA_LENGTH && physical === "BYTE_ARRAY") return lengthened(bytes, field, values);
  if (encoding === DELTA_BYTES && (physical === "BYTE_ARRAY" || physical === "FIXED_LEN_BYTE_ARRAY"))
    return prefixed(bytes, field, values);
  if (encoding === SPLIT) return plain(field, together(bytes, field));
  throw new CorruptData(`a column of ${physical} has values in the unknown encoding ${encoding}`);
}

/** All numbers of a block, which are lengths, and where it ends. */
function lengthsAt(
  bytes: Uint8Array,
  at: number,
  most: number,
): { readonly lengths: Int32Array; readonly end: number } {
  const deltas = new Deltas(bytes, at, false);
  if (deltas.count > most) throw new CorruptData("a page has more lengths than values");
  const lengths = new Int32Array(deltas.count);
  for (let i = 0; i < lengths.length; i++) lengths[i] = Number(deltas.next());
  if (lengths.some((length) => length < 0)) throw new CorruptData("a text has a length below 0");
  return { lengths, end: deltas.end() };
}

/** Texts whose lengths come first. */
function lengthened(bytes: Uint8Array, field: Field, values: number): Give {
  const { lengths, end } = lengthsAt(bytes, 0, values);
  const take = inBytes(field);
  let [at, i] = [end, 0];
  return (cells) => {
    const length = lengths[i++];
    if (length === undefined || length > bytes.length - at) throw new CorruptData("a page has fewer values than it says"); // biome-ignore format: one line
    at += length;
    take(cells, bytes, at - length, at);
  };
}

/** Texts that begin as the one before them. */
function prefixed(bytes: Uint8Array, field: Field, values: number): Give {
  const { lengths: shared, end } = lengthsAt(bytes, 0, values);
  const { lengths, end: begin } = lengthsAt(bytes, end, values);
  const take = inBytes(field);
  let [at, i, before] = [begin, 0, new Uint8Array(0)];
  return (cells) => {
    const [own, kept] = [lengths[i], shared[i++]];
    if (own === undefined || kept === undefined || own > bytes.length - at || kept > before.length)
      throw new CorruptData("a page has fewer values than it says");
    const text = new Uint8Array(kept + own);
    text.set(before.subarray(0, kept));
    text.set(bytes.subarray(at, at + own), kept);
    at += own;
    before = text;
    if (field.physical === "FIXED_LEN_BYTE_ARRAY" && text.length !== field.width)
      throw new CorruptData("a value has a wrong length");
    take(cells, text, 0, text.length);
  };
}

/** Values whose bytes lie apart, all first ones, then all second ones, each together. */
function together(bytes: Uint8Array, { physical, width: own }: Field): Uint8Array {
  const widths: { readonly [type: string]: number } = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, FIXED_LEN_BYTE_ARRAY: own }; // biome-ignore format: one line
  const width = widths[physical ?? ""] ?? 0;
  if (!(width > 0) || bytes.length % width !== 0) throw new CorruptData("a page can't be split into values");
  const count = bytes.length / width;
  const whole = new Uint8Array(bytes.length);
  for (let byte = 0; byte < width; byte++)
    for (let i = 0; i < count; i++) whole[i * width + byte] = bytes[byte * count + i]!;
  return whole;
}

/** The values of a column that others point to. */
class Dictionary implements Cells {
  readonly #values: (number | string | { readonly bytes: Uint8Array; readonly start: number; readonly end: number })[] = []; // biome-ignore format: one line

  constructor(field: Field, bytes: Uint8Array, count: number) {
    // Each value has a byte at least; booleans have none.
    if (count < 0 || count > bytes.length) throw new CorruptData("a dictionary has fewer values than it says");
    const give = plain(field, bytes);
    for (let i = 0; i < count; i++) give(this);
  }

  number(value: number): void {
    this.#values.push(value);
  }

  word(text: string): void {
    this.#values.push(text);
  }

  missing(): void {}

  text(bytes: Uint8Array, start: number, end: number): void {
    this.#values.push({ bytes, start, end });
  }

  give(place: number, cells: Cells): void {
    const value = this.#values[place];
    if (value === undefined) throw new CorruptData("a value is in no place of its dictionary");
    if (typeof value === "number") cells.number(value);
    else if (typeof value === "string") cells.word(value);
    else cells.text(value.bytes, value.start, value.end);
  }
}
