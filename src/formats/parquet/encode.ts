import { joined } from "../protobuf.ts";
import * as thrift from "./thrift-writer.ts";

/** A column of a table. A value that is undefined is missing there. */
export interface Column {
  readonly name: string;
  /** Texts, whole numbers within 2⁵³, or any numbers. */
  readonly kind: "text" | "whole" | "number";
  readonly values: readonly (string | number | undefined)[];
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Rows of a group, which readers take as one piece. */
const GROUP = 100_000;
const MAGIC = new TextEncoder().encode("PAR1");

/** Codes of the format's own parquet.thrift. */
const types = { whole: 2, number: 5, text: 6 } as const;
const [PLAIN, RLE, UNCOMPRESSED, DATA_PAGE, OPTIONAL, UTF8] = [0, 3, 0, 0, 1, 0];

const uint32 = (value: number): Bytes => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

/** Values one after the other, as PLAIN says: int64 and double in 8 bytes, a text behind its length. */
function plain(kind: Column["kind"], values: readonly (string | number)[]): Bytes {
  if (kind === "text") {
    const texts = values.map((value) => new TextEncoder().encode(String(value)));
    return joined(texts.flatMap((text) => [uint32(text.length), text]));
  }
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (kind === "whole") view.setBigInt64(8 * i, BigInt(value), true);
    else view.setFloat64(8 * i, Number(value), true);
  });
  return bytes;
}

/** Which values are there: 1 or 0 for each row, as runs of equal ones, behind their length in bytes. */
function levels(values: Column["values"]): Bytes {
  const runs: Bytes[] = [];
  for (let at = 0; at < values.length; ) {
    const isThere = values[at] !== undefined;
    let end = at + 1;
    while (end < values.length && (values[end] !== undefined) === isThere) end++;
    runs.push(thrift.varint(BigInt(end - at) << 1n), Uint8Array.of(Number(isThere)));
    at = end;
  }
  const bytes = joined(runs);
  return joined([uint32(bytes.length), bytes]);
}

/** The page of a column's values in one group of rows: its header and its data. */
function page(kind: Column["kind"], values: Column["values"]): Bytes {
  const there = values.filter((value) => value !== undefined);
  const data = joined([levels(values), plain(kind, there)]);
  const about = thrift.struct({
    ...{ 1: thrift.i32(values.length), 2: thrift.i32(PLAIN) },
    ...{ 3: thrift.i32(RLE), 4: thrift.i32(RLE) },
  });
  const header = thrift.struct({
    ...{ 1: thrift.i32(DATA_PAGE), 2: thrift.i32(data.length), 3: thrift.i32(data.length) },
    5: about,
  });
  return joined([header.bytes, data]);
}

/** A column's place in the file, for a reader that begins at the end. */
function chunk({ name, kind }: Column, count: number, at: number, length: number): thrift.Value {
  const about = thrift.struct({
    ...{ 1: thrift.i32(types[kind]), 2: thrift.list([thrift.i32(PLAIN), thrift.i32(RLE)]) },
    ...{ 3: thrift.list([thrift.text(name)]), 4: thrift.i32(UNCOMPRESSED), 5: thrift.i64(count) },
    ...{ 6: thrift.i64(length), 7: thrift.i64(length), 9: thrift.i64(at) },
  });
  return thrift.struct({ 2: thrift.i64(at), 3: about });
}

const schemaOf = ({ name, kind }: Column): thrift.Value =>
  thrift.struct({
    ...{ 1: thrift.i32(types[kind]), 3: thrift.i32(OPTIONAL), 4: thrift.text(name) },
    ...(kind === "text" && { 6: thrift.i32(UTF8), 10: thrift.struct({ 1: thrift.struct({}) }) }),
  });

/**
 * A table as a Parquet file (https://parquet.apache.org/docs/file-format): texts are UTF-8, whole numbers int64, numbers double, and what is missing is
 * null. Pages are plain. All columns must have as many values as the first.
 */
export function encodeParquet(columns: readonly Column[]): Bytes {
  const rows = columns[0]?.values.length ?? 0;
  const wrong = columns.find(({ values }) => values.length !== rows);
  if (wrong) throw new Error(`parquet: ${wrong.name} has ${wrong.values.length} values, the first column ${rows}`);
  const parts: Bytes[] = [MAGIC];
  const groups: thrift.Value[] = [];
  let at = MAGIC.length;
  for (let from = 0; from < rows; from += GROUP) {
    const begin = at;
    const count = Math.min(GROUP, rows - from);
    const chunks = columns.map((column) => {
      const part = page(column.kind, column.values.slice(from, from + count));
      parts.push(part);
      at += part.length;
      return chunk(column, count, at - part.length, part.length);
    });
    groups.push(thrift.struct({ 1: thrift.list(chunks), 2: thrift.i64(at - begin), 3: thrift.i64(count) }));
  }
  const root = thrift.struct({ 4: thrift.text("table"), 5: thrift.i32(columns.length) });
  const footer = thrift.struct({
    ...{ 1: thrift.i32(1), 2: thrift.list([root, ...columns.map(schemaOf)]), 3: thrift.i64(rows) },
    ...{ 4: thrift.list(groups), 6: thrift.text("heaviside") },
  }).bytes;
  return joined([...parts, footer, uint32(footer.length), MAGIC]);
}
