import { readFileSync } from "node:fs";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Csv } from "../../src/data/csv.ts";
import { CsvScanner } from "../../src/data/csv-scan.ts";
import { parseTable } from "../../src/data/table-text.ts";
import { UserError } from "../../src/errors.ts";
import { describeTable } from "../../src/explore/explore.ts";
import { cellsOf, TableBuilder } from "../../src/explore/read.ts";
import { ColumnBuilder, type Table } from "../../src/explore/table.ts";
import { openParquet } from "../../src/formats/parquet/parquet.ts";
import { attempt, REFUSED } from "./attempt.ts";
import { Draws, damages } from "./draws.ts";
import { eachCase, type Suite } from "./suite.ts";
import { simplyRead } from "./table-oracle.ts";
import { drawnTable, textAs } from "./table-text.ts";

const READERS = "data|parquet|gzip|explore";

const damaged = (bytes: Uint8Array, draws: Draws): Uint8Array => {
  let found = bytes;
  for (let n = 1 + draws.below(2); n > 0; n--) found = draws.of(Object.values(damages))(found, draws);
  return new Uint8Array(found);
};

const told = ({ columns, lines }: Csv): string =>
  JSON.stringify([columns, ...lines.map(({ line, cells }) => [line, ...cells])]);

/** Every part of an exploration of what was read, once in a few cases: it takes longer than reading. */
async function explored(table: Table, bytes: number, draws: Draws): Promise<void> {
  if (!draws.oneIn(5)) return;
  const target = draws.oneIn(3) ? undefined : draws.of(table.columns).name;
  const as = target === undefined ? undefined : draws.of([undefined, "values", "classes"] as const);
  await attempt(10 * bytes + 100 * table.columns.length ** 2, READERS, () => describeTable(table, { target, as }));
}

/** A table of text as the explorer reads it: of CSV in pieces, of other formats at once. */
function tableOf(bytes: Uint8Array, file: string, draws: Draws): Table {
  const builder = new TableBuilder(file);
  if (file.endsWith("csv")) {
    const scanner = new CsvScanner(file, (cells) => builder.line(cells));
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + draws.below(40);
      scanner.push(bytes.subarray(at, at + length));
      at += length;
    }
    scanner.end();
  } else {
    const { columns, lines } = parseTable(decoded(bytes), file);
    for (const { line, cells } of [{ line: 1, cells: columns }, ...lines]) builder.line(cellsOf(line, cells));
  }
  return builder.table();
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError("data: no UTF-8");
  }
}

type Format = "csv" | "arff" | "jsonl";

/** A table of text, good or damaged: training's reader says what a simple one says, and the explorer's reads as many rows as are whole. */
async function textCase(format: Format, draws: Draws): Promise<string> {
  const good = drawnTable(draws, format);
  const isWhole = draws.oneIn(5);
  const whole = new TextEncoder().encode(textAs(good, format, draws));
  const bytes = isWhole ? whole : damaged(whole, draws);
  const file = `f.${format}`;
  const read = await attempt(bytes.length, READERS, () => parseTable(decoded(bytes), file));
  if (isWhole && read === REFUSED) throw new Error(`refused a good table: ${decoded(bytes)}`);
  if (
    isWhole &&
    read !== REFUSED &&
    JSON.stringify([read.columns, read.lines.map(({ cells }) => cells)]) !== JSON.stringify([good.columns, good.rows])
  )
    // biome-ignore format: one line
    throw new Error(`read ${told(read)}, there is ${JSON.stringify(good)}`);
  const simple = simplyRead(bytes, format);
  if ((read === REFUSED) !== (simple === undefined) || (read !== REFUSED && told(read) !== told(simple!)))
    throw new Error(
      `read ${read === REFUSED ? read : told(read)}, simply ${simple ? told(simple) : REFUSED}: ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`,
    );
  const table = await attempt(bytes.length, READERS, () => tableOf(bytes, file, draws));
  if (read !== REFUSED && read.lines.length > 0 && (table === REFUSED || table.rows !== read.lines.length))
    throw new Error(`explored ${table === REFUSED ? table : `${table.rows} rows`}, there are ${read.lines.length}`);
  if (table !== REFUSED) await explored(table, bytes.length, draws);
  return read === REFUSED ? REFUSED : "read";
}

const suiteOf = (name: string, format: Format, about: string): Suite => ({
  ...{ name, about, cases: 3000, full: 100_000 },
  run: (options) => eachCase(options, (seed) => textCase(format, new Draws(seed))),
});

/** CSV and TSV, ARFF, and JSON lines. */
export const tables: readonly Suite[] = [
  suiteOf("csv", "csv", "damaged CSV and TSV files, beside a simple reader"),
  suiteOf("arff", "arff", "damaged ARFF files, beside a simple reader"),
  suiteOf("json-lines", "jsonl", "damaged files of JSON lines, beside a simple reader"),
];

const fixtures = ["snappy", "gzip-v2", "plain-crc", "deltas", "brotli", "int96", "duckdb"].map(
  (name) => new Uint8Array(readFileSync(new URL(`../../src/formats/parquet/testing/${name}.parquet`, import.meta.url))),
);

/** A small file with each of a writer's ways to lay a column out. */
function drawnParquet(draws: Draws): Uint8Array {
  const rows = 1 + draws.below(60);
  const data = (of: () => unknown) => Array.from({ length: rows }, () => (draws.oneIn(4) ? null : of()));
  const columnData = [
    { name: "whole", type: "INT32" as const, data: data(() => draws.below(9)) },
    { name: "long", type: "INT64" as const, data: data(() => BigInt(draws.below(2 ** 31)) << BigInt(draws.below(32))) },
    { name: "real", type: "DOUBLE" as const, data: data(() => draws.share()) },
    { name: "text", type: "STRING" as const, data: data(() => "x".repeat(draws.below(9))) },
    { name: "flag", type: "BOOLEAN" as const, data: data(() => draws.oneIn(2)) },
  ].filter((_, i) => i === 0 || draws.oneIn(2));
  const codec = draws.oneIn(2) ? ("SNAPPY" as const) : ("UNCOMPRESSED" as const);
  return new Uint8Array(parquetWriteBuffer({ columnData, codec, rowGroupSize: 1 + draws.below(60) }));
}

/** Parquet, good or damaged: where it is read, each column has as many cells as there are rows. */
async function parquetCase(draws: Draws): Promise<string> {
  const good = draws.oneIn(2) ? draws.of(fixtures) : drawnParquet(draws);
  const isWhole = draws.oneIn(10);
  const bytes = isWhole ? good : damaged(good, draws);
  const table = await attempt(bytes.length, READERS, async (): Promise<Table> => {
    const { rows, columns } = await openParquet(bytes, "f.parquet");
    const made = columns.map(({ name, read }) => {
      const builder = new ColumnBuilder("f.parquet");
      read(builder);
      return { ...builder.column(name), rows: builder.rows };
    });
    const wrong = made.find((column) => column.rows !== rows);
    if (wrong) throw new Error(`${wrong.name} has ${wrong.rows} cells, there are ${rows} rows`);
    const lines = Int32Array.from({ length: rows }, (_, row) => row + 1);
    return { file: "f", rows, columns: made, lines, places: "row", skipped: { count: 0, lines: [] }, renamed: [] };
  });
  if (table === REFUSED) {
    if (isWhole) throw new Error("refused a good file");
    return REFUSED;
  }
  if (table.rows > 0 && table.columns.length > 0) await explored(table, bytes.length, draws);
  return "read";
}

/** Parquet files of three writers. */
export const parquet: Suite = {
  name: "parquet",
  about: "damaged Parquet files of three writers",
  cases: 3000,
  full: 100_000,
  run: (options) => eachCase(options, (seed) => parquetCase(new Draws(seed))),
};
