import { UserError } from "../../errors.ts";
import { listed } from "../../rules.ts";
import { gunzip } from "../gzip.ts";
import { CorruptData } from "../inflate.ts";
import { type Chunk, type Codec, type Field, type Metadata, metadataOf } from "./metadata.ts";
import { readChunk, type Unpack } from "./pages.ts";
import { unsnappy } from "./snappy.ts";
import type { Cells } from "./values.ts";

export type { Cells } from "./values.ts";

/** A column of a file. */
export interface ParquetColumn {
  readonly name: string;
  /** Gives its cells, from the first row to the last. Throws UserError for a file that is damaged. */
  read(cells: Cells): void;
}

/** What a file holds, before its cells are read. */
export interface ParquetFile {
  readonly rows: number;
  /** All columns of the table, those that are passed over among them. */
  readonly names: readonly string[];
  readonly columns: readonly ParquetColumn[];
}

/** Cells of a table at most: more have no room. */
const MOST_CELLS = 2 ** 28;

/**
 * Opens a Parquet file. Numbers, decimals and halves are numbers; texts, names and JSON are texts; true and false, dates, times (as ISO 8601 writes them) and
 * UUIDs are texts too, and so are whole numbers beyond 2⁵³, which no double holds. Columns that `isRead` refuses are passed over, whatever they hold. Pages may
 * be of version 1 and 2, plain or compressed by Snappy or gzip, and by Brotli and Zstandard where the platform has them.
 *
 * Throws UserError, naming the file, for one that is damaged or encrypted, for nested columns and other types, naming the column, and for other ways to
 * compress. Memory is taken as cells come, and no length in a file is believed before its content is there. https://parquet.apache.org/docs/file-format
 */
export async function openParquet(
  given: Uint8Array,
  name: string,
  isRead: (column: string) => boolean = () => true,
): Promise<ParquetFile> {
  // Parts of Node's Buffers are slow to make.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
  const found = attempt(name, () => metadataOf(bytes));
  const fields = found.fields.filter((field) => isRead(field.name));
  for (const field of fields) checkField(field, name);
  if (found.rows * fields.length > MOST_CELLS)
    throw new UserError(
      `parquet: ${name} must have at most ${MOST_CELLS.toLocaleString("en-US")} cells, it has ${found.rows} rows of ${fields.length} columns`,
    );
  const wanted = new Set(fields.map((field) => field.name));
  const chunks = found.groups.flatMap((group) => group.chunks.filter(({ path }) => wanted.has(path[0] ?? "")));
  const unpackers = await unpackersFor(new Set(chunks.map(({ codec }) => codec)), name);
  const columns = fields.map((field) => ({
    name: field.name,
    read: (cells: Cells): void => attempt(name, () => readField(bytes, found, field, cells, unpackers), field.name),
  }));
  return { rows: found.rows, names: found.fields.map((field) => field.name), columns };
}

/** What `read` gives. Throws UserError, naming the file, where it is damaged. */
function attempt<Result>(name: string, read: () => Result, column?: string): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CorruptData)) throw error;
    const where = column === undefined ? "" : `, in column ${column}`;
    throw new UserError(`parquet: ${name} can't be read: ${error.message}${where}`, { cause: error });
  }
}

function checkField({ name, physical, meaning, children, isRepeated, scale, width }: Field, file: string): void {
  const refuse = (what: string): UserError =>
    new UserError(`parquet: ${file}: the column ${name} holds ${what}, which can't be read; omit it (--omit ${name})`);
  if (children > 0 || isRepeated || physical === undefined) throw refuse("lists or columns of its own");
  if (meaning === "unread") throw refuse("bytes without a meaning as text or number");
  if (physical === "FIXED_LEN_BYTE_ARRAY" && !(width > 0 && width <= 2 ** 16)) throw refuse(`values of ${width} bytes`);
  const isBytes = physical === "FIXED_LEN_BYTE_ARRAY";
  const fits = isBytes
    ? meaning === "decimal" || (meaning === "uuid" && width === 16) || (meaning === "float16" && width === 2)
    : meaning !== "uuid" && meaning !== "float16";
  if (!fits || (meaning === "decimal" && !(scale >= 0 && scale <= 1000))) throw refuse(`${meaning} as ${physical}`);
}

function readField(bytes: Uint8Array, { groups }: Metadata, field: Field, cells: Cells, unpackers: Unpackers): void {
  for (const { rows, chunks } of groups) {
    if (rows === 0) continue;
    const own = chunks.filter(({ path }) => path.length === 1 && path[0] === field.name);
    const [chunk] = own;
    if (!chunk || own.length > 1) throw new CorruptData("a group must have each column once");
    if (chunk.physical !== field.physical) throw new CorruptData("a column has two types");
    readChunk(bytes, chunk, field, rows, cells, unpackers.get(chunk.codec)!);
  }
}

type Unpackers = ReadonlyMap<Chunk["codec"], Unpack>;

/** What unpacks pages of each way to compress. Throws UserError where one isn't there. */
async function unpackersFor(codecs: ReadonlySet<Codec | undefined>, name: string): Promise<Unpackers> {
  const made = new Map<Codec | undefined, Unpack>();
  for (const codec of codecs) {
    if (codec === "UNCOMPRESSED") made.set(codec, stored);
    else if (codec === "SNAPPY") made.set(codec, unsnappy);
    else if (codec === "GZIP") made.set(codec, (bytes, size) => unzipped(bytes, size, name));
    else made.set(codec, await byPlatform(codec, name));
  }
  return made;
}

function stored(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new CorruptData(`a page must hold ${size} bytes, it holds ${bytes.length}`);
  return bytes;
}

/** How many times larger the memory for a page may be than what is known of its size. */
const GROWTH = 8;

/** A page by gzip. A size that is promised isn't believed before an eighth of it is there. */
function unzipped(bytes: Uint8Array, size: number, name: string): Uint8Array {
  for (let room = Math.min(size, GROWTH * bytes.length); ; room = Math.min(size, GROWTH * room)) {
    const out = new Uint8Array(room);
    const { filled, more } = gunzip(bytes, name, out);
    if (more && room < size) continue;
    if (more || filled !== size)
      throw new CorruptData(`a page must hold ${size} bytes, it holds ${more ? "more" : filled}`);
    return out;
  }
}

/** What Node has for a codec; Zstandard from 22.15 on. */
async function byPlatform(codec: Codec | undefined, name: string): Promise<Unpack> {
  const zlib = await import("node:zlib").catch(() => undefined);
  const own = codec === "BROTLI" ? zlib?.brotliDecompressSync : codec === "ZSTD" ? zstdOf(zlib) : undefined;
  if (!own) {
    const where = codec === "BROTLI" ? "Node" : codec === "ZSTD" ? "Node 22.15 or newer" : undefined;
    throw new UserError(
      `parquet: ${name} is compressed by ${codec ?? "something unknown"}, which ${where ? `only ${where} can read` : "can't be read"}; write it with ${listed(["snappy", "gzip"])} or none, as in df.to_parquet(file, compression="snappy")`,
    );
  }
  return (bytes, size) => {
    let page: Uint8Array;
    try {
      page = own(bytes, { maxOutputLength: Math.max(1, size) });
    } catch {
      throw new CorruptData(`a page must hold ${size} bytes by ${codec}, it is damaged`);
    }
    return stored(page, size);
  };
}

type Inflate = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

/** It isn't in the types of older Node. */
const zstdOf = (zlib: object | undefined): Inflate | undefined =>
  zlib && "zstdDecompressSync" in zlib ? (zlib.zstdDecompressSync as Inflate) : undefined;
