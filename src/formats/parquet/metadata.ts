import { CorruptData } from "../inflate.ts";
import { Thrift } from "./thrift.ts";

/** How values lie in a file, by the numbers of the format. */
export const physicals = ["BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"] as const; // biome-ignore format: one line
export type Physical = (typeof physicals)[number];

export const codecs = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] as const;
export type Codec = (typeof codecs)[number];

/** What the values of a column stand for; "plain" is what their physical type says. */
export type Meaning =
  | "plain"
  | "text"
  | "unsigned"
  | "decimal"
  | "date"
  | "time"
  | "timestamp"
  | "uuid"
  | "float16"
  | "unread";

/** A column as the schema describes it. */
export interface Field {
  readonly name: string;
  /** Undefined where it holds other columns. */
  readonly physical?: Physical;
  readonly meaning: Meaning;
  /** Bytes of a value of FIXED_LEN_BYTE_ARRAY. */
  readonly width: number;
  /** Digits behind the point of a decimal. */
  readonly scale: number;
  /** Parts of a second of a time: 10³, 10⁶ or 10⁹. */
  readonly ticks: number;
  /** Whether a time is UTC's. */
  readonly isUtc: boolean;
  readonly isOptional: boolean;
  readonly isRepeated: boolean;
  readonly children: number;
}

/** Where the values of a column are, in one group of rows. */
export interface Chunk {
  readonly path: readonly string[];
  readonly physical: Physical;
  readonly codec: Codec | undefined;
  readonly start: number;
  readonly length: number;
}

/** What a file's end says about it. */
export interface Metadata {
  readonly rows: number;
  /** The columns of the table, nested ones without what lies in them. */
  readonly fields: readonly Field[];
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly Chunk[] }[];
}

const MAGIC = [0x50, 0x41, 0x52, 0x31]; // "PAR1"
const isMagic = (bytes: Uint8Array, at: number): boolean => MAGIC.every((byte, i) => bytes[at + i] === byte);

/** Reads what a file's end says. Throws CorruptData. https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
export function metadataOf(bytes: Uint8Array): Metadata {
  if (bytes.length < 12 || !isMagic(bytes, 0) || !isMagic(bytes, bytes.length - 4))
    throw new CorruptData("it must begin and end with PAR1");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  const from = bytes.length - 8 - length;
  if (from < 4) throw new CorruptData("its description is longer than the file");
  const thrift = new Thrift(bytes.subarray(0, bytes.length - 8), from);
  let [rows, schema, groups]: [number, Field[], Metadata["groups"]] = [0, [], []];
  thrift.struct((id, kind) => {
    if (id === 2) schema = thrift.list(kind, () => fieldIn(thrift));
    else if (id === 3) rows = thrift.int(kind);
    else if (id === 4) groups = thrift.list(kind, () => groupIn(thrift));
    else if (id === 8) throw new CorruptData("it is encrypted");
  });
  checkSizes(rows, groups, from);
  return { rows, fields: topOf(schema), groups };
}

function checkSizes(rows: number, groups: Metadata["groups"], end: number): void {
  const told = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== told || groups.some((group) => group.rows < 0))
    throw new CorruptData(`it must have ${rows} rows, its groups have ${told}`);
  let total = 0;
  for (const { start, length } of groups.flatMap(({ chunks }) => chunks)) {
    if (start < 4 || length < 0 || start + length > end) throw new CorruptData("a column lies outside of the file");
    total += length;
  }
  // Columns that overlap would make a small file large.
  if (total > end) throw new CorruptData("its columns are longer than the file");
}

/** The columns right below the root. */
function topOf([root, ...rest]: readonly Field[]): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const pass = (): void => {
    let open = 1;
    while (open > 0) {
      const field = rest[at++];
      if (!field) throw new CorruptData("its schema ends early");
      open += field.children - 1;
    }
  };
  for (let i = 0; i < (root?.children ?? 0); i++) {
    const field = rest[at];
    pass();
    fields.push(field!);
  }
  if (at !== rest.length) throw new CorruptData("its schema has more columns than it says");
  return fields;
}

function fieldIn(thrift: Thrift): Field {
  const found = { name: "", width: 0, scale: 0, isOptional: false, isRepeated: false, children: 0 };
  let physical: Physical | undefined;
  let converted: number | undefined;
  let logical: Logical = {};
  thrift.struct((id, kind) => {
    if (id === 1) physical = physicals[thrift.int(kind)];
    else if (id === 2) found.width = thrift.int(kind);
    else if (id === 3) {
      const repetition = thrift.int(kind);
      found.isOptional = repetition === 1;
      found.isRepeated = repetition === 2;
    } else if (id === 4) found.name = thrift.text(kind);
    else if (id === 5) found.children = Math.max(0, thrift.int(kind));
    else if (id === 6) converted = thrift.int(kind);
    else if (id === 7) found.scale = thrift.int(kind);
    else if (id === 10) logical = logicalIn(thrift, kind);
  });
  const rule = { ...fromConverted(converted), ...logical };
  const meaning = rule.meaning ?? (physical === "FIXED_LEN_BYTE_ARRAY" ? "unread" : physical === "BYTE_ARRAY" ? "text" : physical === "INT96" ? "timestamp" : "plain"); // biome-ignore format: one line
  return {
    ...found,
    ...(physical !== undefined && { physical }),
    ...{ meaning, ticks: rule.ticks ?? 1e9, isUtc: rule.isUtc ?? false, scale: rule.scale ?? found.scale },
  };
}

interface Logical {
  meaning?: Meaning;
  ticks?: number;
  isUtc?: boolean;
  scale?: number;
}

/** The older names of meanings, by their numbers. */
function fromConverted(code: number | undefined): Logical {
  if (code === 0 || code === 4 || code === 19) return { meaning: "text" };
  if (code === 5) return { meaning: "decimal" };
  if (code === 6) return { meaning: "date" };
  if (code === 7 || code === 8) return { meaning: "time", ticks: code === 7 ? 1e3 : 1e6 };
  if (code === 9 || code === 10) return { meaning: "timestamp", ticks: code === 9 ? 1e3 : 1e6, isUtc: true };
  if (code !== undefined && code >= 11 && code <= 14) return { meaning: "unsigned" };
  return code === 20 || code === 21 ? { meaning: "unread" } : {};
}

/** The newer ones: a struct of one field, which says which. */
function logicalIn(thrift: Thrift, kind: number): Logical {
  const found: Logical = {};
  const texts = [1, 4, 12];
  thrift.struct((id, of) => {
    if (texts.includes(id)) found.meaning = "text";
    else if (id === 5) decimalIn(thrift, of, found);
    else if (id === 6) found.meaning = "date";
    else if (id === 7 || id === 8) timeIn(thrift, of, found, id === 7 ? "time" : "timestamp");
    else if (id === 10) integerIn(thrift, of, found);
    else if (id === 13 || id >= 16) found.meaning = "unread";
    else if (id === 14) found.meaning = "uuid";
    else if (id === 15) found.meaning = "float16";
  }, kind);
  return found;
}

function decimalIn(thrift: Thrift, struct: number, found: Logical): void {
  found.meaning = "decimal";
  thrift.struct((id, kind) => {
    if (id === 1) found.scale = thrift.int(kind);
  }, struct);
}

function integerIn(thrift: Thrift, struct: number, found: Logical): void {
  thrift.struct((id, kind) => {
    if (id === 2 && !thrift.flag(kind)) found.meaning = "unsigned";
  }, struct);
}

function timeIn(thrift: Thrift, struct: number, found: Logical, meaning: Meaning): void {
  found.meaning = meaning;
  thrift.struct((id, kind) => {
    if (id === 1) found.isUtc = thrift.flag(kind);
    else if (id === 2)
      thrift.struct((unit) => {
        found.ticks = [1e3, 1e6, 1e9][unit - 1] ?? 1e9;
      }, kind);
  }, struct);
}

function groupIn(thrift: Thrift): Metadata["groups"][number] {
  let [rows, chunks]: [number, Chunk[]] = [0, []];
  thrift.struct((id, kind) => {
    if (id === 1) chunks = thrift.list(kind, () => chunkIn(thrift));
    else if (id === 3) rows = thrift.int(kind);
  });
  return { rows, chunks };
}

function chunkIn(thrift: Thrift): Chunk {
  let [path, type, codec]: [string[], number, number] = [[], -1, -1];
  let [length, data, dictionary] = [0, 0, 0];
  thrift.struct((id, group) => {
    if (id === 1) throw new CorruptData("its columns lie in other files");
    if (id === 8) throw new CorruptData("it is encrypted");
    if (id !== 3) return;
    thrift.struct((own, of) => {
      if (own === 1) type = thrift.int(of);
      else if (own === 3) path = thrift.list(of, (element) => thrift.text(element));
      else if (own === 4) codec = thrift.int(of);
      else if (own === 7) length = thrift.int(of);
      else if (own === 9) data = thrift.int(of);
      else if (own === 11) dictionary = thrift.int(of);
    }, group);
  });
  const physical = physicals[type];
  if (physical === undefined) throw new CorruptData("a column has an unknown type");
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  return { path, physical, codec: codecs[codec], start, length };
}
