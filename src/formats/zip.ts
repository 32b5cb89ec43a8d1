import { UserError } from "../errors.ts";
import { crc32 } from "./crc32.ts";
import { CorruptData, inflate, MOST_EXPANSION } from "./inflate.ts";

/**
 * ZIP files (PKWARE's APPNOTE.TXT 6.3), as numpy writes them: stored or deflated, one file. The directory at the end says what is where. Not
 * read are ZIP64 (files above 4 GB, or of more than 65,534 parts), encryption, and archives in several files.
 */
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [LOCAL_SIZE, CENTRAL_SIZE, END_SIZE] = [30, 46, 22];
const [STORED, DEFLATED] = [0, 8];
const MOST = 0xffffffff;
const MOST_FILES = 0xffff;

/** A file within a ZIP file. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly at: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The files within a ZIP file by name, in its order. `name` stands for the file in errors. Throws UserError for what is no ZIP file, is damaged, holds
 * two files of one name, or has a part that isn't read. It takes no more memory than eight times what the files hold.
 */
export function readZip(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  const entries = directory(bytes, name);
  const places = new Map<Entry, number>();
  let end = 0;
  // Parts that overlap would make a small file large.
  for (const entry of [...entries].sort((a, b) => a.at - b.at)) {
    const from = contentOf(bytes, entry, name);
    if (entry.at < end) throw corrupt(name, `${entry.name} lies where another file does`);
    end = from + entry.packed;
    if (end > bytes.length) throw corrupt(name, `${entry.name} ends behind the end of the file`);
    places.set(entry, from);
  }
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (files.has(entry.name)) throw corrupt(name, `it holds two files ${entry.name}`);
    const from = places.get(entry)!;
    files.set(entry.name, unpacked(bytes.subarray(from, from + entry.packed), entry, name));
  }
  return files;
}

const corrupt = (name: string, reason: string): UserError => new UserError(`zip: ${name} is corrupt: ${reason}`);

/** What the directory at the end says. */
function directory(bytes: Uint8Array, name: string): Entry[] {
  const view = viewOf(bytes);
  // A comment may follow, whose length is the last number of the record.
  let end = bytes.length - END_SIZE;
  const isEnd = (at: number): boolean =>
    view.getUint32(at, true) === END && at + END_SIZE + view.getUint16(at + 20, true) === bytes.length;
  const first = Math.max(0, end - 0xffff);
  while (end >= first && !isEnd(end)) end--;
  if (end < first)
    throw new UserError(
      `zip: ${name} is not a ZIP file, or is cut off: its last record, the directory's end, is missing`,
    );
  const [disk, start, here, count] = [4, 6, 8, 10].map((at) => view.getUint16(end + at, true)) as [
    ...[number, number, number, number],
  ];
  const [size, offset] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (count === MOST_FILES || offset === MOST) throw tooLarge(name);
  if (disk !== 0 || start !== 0 || here !== count) throw new UserError(`zip: ${name} must be one file, it is a part`);
  if (offset + size !== end) throw corrupt(name, "its directory isn't where its end says");
  const entries: Entry[] = [];
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > end || view.getUint32(at, true) !== CENTRAL)
      throw corrupt(name, `its directory must list ${count} files, it lists ${i}`);
    const { entry, next } = entryAt(bytes, at, name);
    entries.push(entry);
    at = next;
  }
  if (at !== end) throw corrupt(name, `its directory is longer than its ${count} files`);
  return entries;
}

const tooLarge = (name: string): UserError =>
  new UserError(`zip: ${name} must be smaller than 4 GB with fewer than 65,535 files: ZIP64 isn't read`);

function entryAt(bytes: Uint8Array, at: number, name: string): { readonly entry: Entry; readonly next: number } {
  const view = viewOf(bytes);
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc, packed, size] = [16, 20, 24].map((place) => view.getUint32(at + place, true)) as [number, number, number];
  const [length, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
    ...[number, number, number],
  ];
  const from = view.getUint32(at + 42, true);
  const next = at + CENTRAL_SIZE + length + extra + comment;
  if (next > bytes.length) throw corrupt(name, "its directory ends behind the end of the file");
  const own = textOf(bytes.subarray(at + CENTRAL_SIZE, at + CENTRAL_SIZE + length), name);
  if (flags & 1) throw new UserError(`zip: ${own} in ${name} must not be encrypted`);
  if (packed === MOST || size === MOST || from === MOST) throw tooLarge(name);
  if (method !== STORED && method !== DEFLATED)
    throw new UserError(`zip: ${own} in ${name} must be stored or deflated, its compression method is ${method}`);
  if (method === STORED && packed !== size) throw corrupt(name, `${own} is stored, and has two sizes`);
  return { entry: { name: own, method, crc, packed, size, at: from }, next };
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw corrupt(name, "the name of a file isn't UTF-8");
  }
}

/** Where the content of an entry begins. Its own header repeats its name; its sizes there may be missing, and aren't read. */
function contentOf(bytes: Uint8Array, { name: own, at }: Entry, name: string): number {
  const view = viewOf(bytes);
  if (at + LOCAL_SIZE > bytes.length || view.getUint32(at, true) !== LOCAL)
    throw corrupt(name, `${own} isn't where the directory says`);
  const length = view.getUint16(at + 26, true);
  const from = at + LOCAL_SIZE + length + view.getUint16(at + 28, true);
  if (textOf(bytes.subarray(at + LOCAL_SIZE, at + LOCAL_SIZE + length), name) !== own)
    throw corrupt(name, `${own} has another name in its own header`);
  return from;
}

function unpacked(content: Uint8Array, { name: own, method, crc, size }: Entry, name: string): Uint8Array {
  const whole = method === STORED ? content : inflated(content, size, own, name);
  const found = crc32(whole);
  if (found !== crc) throw corrupt(name, `the checksum of ${own} is ${crc}, that of its content ${found}`);
  return whole;
}

/** How many times larger the memory for a content may be than what is known of its size. */
const GROWTH = 8;

/** The content of a deflated file. A size that is promised isn't believed before an eighth of it is there. */
function inflated(content: Uint8Array, size: number, own: string, name: string): Uint8Array {
  if (size > MOST_EXPANSION * content.length)
    throw corrupt(name, `${own} must hold ${size} bytes, its ${content.length} compressed ones hold fewer`);
  for (let room = Math.min(size, GROWTH * content.length); ; room = Math.min(size, GROWTH * room)) {
    const out = new Uint8Array(room);
    try {
      const { at, filled, more } = inflate(content, 0, out, 0);
      if (more && room < size) continue;
      if (more || filled !== size)
        throw new CorruptData(`it holds ${more ? "more" : filled} bytes, it must be ${size}`);
      if (at !== content.length) throw new CorruptData(`${content.length - at} bytes follow its end`);
    } catch (error) {
      if (!(error instanceof CorruptData)) throw error;
      throw corrupt(name, `${own}: ${error.message}`);
    }
    return out;
  }
}

/** 1 January 1980, the first day that the format knows: the same files give the same bytes. */
const DATE = 0x0021;
/** What reads it must know version 2.0; names are UTF-8. */
const [VERSION, UTF8] = [20, 0x0800];

/** Files by name as one ZIP file, stored as they are. Throws UserError where it would take ZIP64. */
export function encodeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const parts = Array.from(files, ([name, content]) => {
    const own = new TextEncoder().encode(name);
    const common = new Uint8Array(26);
    const view = viewOf(common);
    [VERSION, UTF8, STORED, 0, DATE].forEach((value, i) => view.setUint16(2 * i, value, true));
    [crc32(content), content.length, content.length].forEach((value, i) => view.setUint32(10 + 4 * i, value, true));
    view.setUint16(22, own.length, true);
    return { own, content, common, size: LOCAL_SIZE + own.length + content.length };
  });
  const offset = parts.reduce((sum, { size }) => sum + size, 0);
  const listed = parts.reduce((sum, { own }) => sum + CENTRAL_SIZE + own.length, 0);
  if (offset + listed >= MOST || parts.length >= MOST_FILES || parts.some(({ own }) => own.length > 0xffff))
    throw new UserError(`zip: must be smaller than 4 GB with fewer than 65,535 files, received ${offset} bytes`);
  const bytes = new Uint8Array(offset + listed + END_SIZE);
  const view = viewOf(bytes);
  let [at, entry] = [0, offset];
  for (const { own, content, common, size } of parts) {
    view.setUint32(at, LOCAL, true);
    bytes.set(common, at + 4);
    bytes.set(own, at + LOCAL_SIZE);
    bytes.set(content, at + LOCAL_SIZE + own.length);
    view.setUint32(entry, CENTRAL, true);
    view.setUint16(entry + 4, VERSION, true);
    bytes.set(common, entry + 6);
    view.setUint32(entry + 42, at, true);
    bytes.set(own, entry + CENTRAL_SIZE);
    at += size;
    entry += CENTRAL_SIZE + own.length;
  }
  view.setUint32(entry, END, true);
  for (const place of [8, 10]) view.setUint16(entry + place, parts.length, true);
  view.setUint32(entry + 12, listed, true);
  view.setUint32(entry + 16, offset, true);
  return bytes;
}
