import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { openParquet } from "./parquet.ts";

type Cell = number | string | null;

const fileOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`testing/${name}.parquet`, import.meta.url))));

/** All cells by column. */
async function cellsIn(bytes: Uint8Array, omit?: readonly string[]): Promise<Map<string, Cell[]>> {
  const { columns } = await openParquet(bytes, "t.parquet", (name) => !omit?.includes(name));
  return new Map(
    columns.map(({ name, read }) => {
      const cells: Cell[] = [];
      const text = (bytes: Uint8Array, start: number, end: number) =>
        cells.push(new TextDecoder().decode(bytes.subarray(start, end)));
      read({ number: (x) => cells.push(x), missing: () => cells.push(null), word: (x) => cells.push(x), text });
      return [name, cells];
    }),
  );
}

/** What pyarrow says that it wrote: see testing/write.py. */
const expected = new Map(
  readFileSync(fileURLToPath(new URL("testing/expected.jsonl", import.meta.url)), "utf8")
    .trim()
    .split("\n")
    .map((line): [string, Cell[]] => {
      const { name, cells } = JSON.parse(line);
      return [name, cells];
    }),
);

const byPlatform = process.versions.node.localeCompare("22.15", "en", { numeric: true }) >= 0 ? ["zstd"] : [];

describe("files of pyarrow", () => {
  test.each(["snappy", "gzip-v2", "plain-crc", "deltas"])("%s holds every type", async (name) => {
    const found = await cellsIn(fileOf(name));
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [column, cells] of expected) expect(found.get(column), column).toEqual(cells);
  });

  test.each(["brotli", ...byPlatform])("%s", async (name) => {
    const found = await cellsIn(fileOf(name));
    for (const column of ["i8", "text"]) expect(found.get(column), column).toEqual(expected.get(column));
  });

  test("times of 96 bits", async () => {
    const found = await cellsIn(fileOf("int96"));
    expect(found.get("ms")).toEqual(expected.get("ms"));
    expect(found.get("us")?.slice(0, 2)).toEqual(["1960-01-01T00:00:00", "1960-01-01T00:00:01.000001"]);
  });

  test("nested columns are refused by name, and passed over", async () => {
    await expect(cellsIn(fileOf("nested"))).rejects.toThrow(
      "parquet: t.parquet: the column list holds lists or columns of its own, which can't be read; omit it (--omit list)",
    );
    expect([...(await cellsIn(fileOf("nested"), ["list", "struct"]))]).toEqual([["a", [1, 2]]]);
  });

  test("other ways to compress are named, with what to do", async () => {
    await expect(cellsIn(fileOf("lz4"))).rejects.toThrow(
      `parquet: t.parquet is compressed by LZ4_RAW, which can't be read; write it with snappy, gzip or none, as in df.to_parquet(file, compression="snappy")`,
    );
    if (byPlatform.length === 0)
      await expect(cellsIn(fileOf("zstd"))).rejects.toThrow("compressed by ZSTD, which only Node 22.15 or newer can");
  });
});

test("a file of DuckDB", async () => {
  const found = await cellsIn(fileOf("duckdb"));
  const of = (cell: (i: number) => Cell): Cell[] => Array.from({ length: 100 }, (_, i) => cell(i));
  expect(Object.fromEntries(found)).toEqual({
    i: of((i) => i),
    square: of((i) => i * i),
    third: of((i) => (i % 7 === 3 ? null : i / 3)),
    colour: of((i) => ["red", "blue", "green"][i % 3]!),
    even: of((i) => String(i % 2 === 0)),
    day: of((i) => new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10)),
    eighth: of((i) => i / 8),
    many: of((i) => `row ${i}`),
  });
});

test("what hyparquet-writer writes is read as hyparquet reads it", async () => {
  const nullable = (of: fc.Arbitrary<unknown>) => fc.option(of, { freq: 5 });
  const kinds = {
    INT32: nullable(fc.integer()),
    DOUBLE: nullable(fc.double({ noNaN: true })),
    FLOAT: nullable(fc.float({ noNaN: true })),
    INT64: nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    STRING: nullable(fc.string({ unit: "grapheme", maxLength: 30 })),
    BOOLEAN: nullable(fc.boolean()),
  };
  const columns = fc.tuple(
    ...Object.entries(kinds).map(([type, values]) =>
      fc.array(values, { minLength: 1, maxLength: 300 }).map((data) => ({ name: type, type: type as "INT32", data })),
    ),
  );
  const codec = fc.constantFrom("UNCOMPRESSED" as const, "SNAPPY" as const);
  await fc.assert(
    fc.asyncProperty(columns, codec, fc.integer({ min: 1, max: 100 }), async (drawn, codec, rowGroupSize) => {
      const rows = Math.min(...drawn.map(({ data }) => data.length));
      const columnData = drawn.map(({ data, ...column }) => ({ ...column, data: data.slice(0, rows) }));
      const file = parquetWriteBuffer({ columnData, codec, rowGroupSize });
      const found = await cellsIn(new Uint8Array(file));
      const wanted = await parquetReadObjects({ file });
      const told = (value: unknown): Cell => {
        if (typeof value === "bigint") return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : String(value); // biome-ignore format: one line
        return typeof value === "boolean" ? String(value) : ((value ?? null) as Cell);
      };
      for (const { name } of columnData) expect(found.get(name), name).toEqual(wanted.map((row) => told(row[name])));
    }),
    { numRuns: 40 },
  );
});

test("whole numbers are numbers as long as doubles hold them, and texts beyond", async () => {
  const data = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 1n - 2n ** 53n];
  const file = parquetWriteBuffer({ columnData: [{ name: "long", data, type: "INT64" }] });
  const wanted = [2 ** 53 - 1, "9007199254740992", "9007199254740993", "-9007199254740993", 1 - 2 ** 53];
  expect((await cellsIn(new Uint8Array(file))).get("long")).toEqual(wanted);
});

describe("damaged files are refused", () => {
  const good = fileOf("snappy");
  test.each([
    ["no Parquet", new Uint8Array(20), "it must begin and end with PAR1"],
    ["a file that is cut off", good.subarray(0, 3000), "it must begin and end with PAR1"],
    ["a description longer than the file", good.with(good.length - 5, 0x7f), "its description is longer than the file"],
  ])("%s", async (_, bytes, reason) => {
    await expect(cellsIn(bytes)).rejects.toThrow(`parquet: t.parquet can't be read: ${reason}`);
  });

  test("a changed byte of a page with a checksum", async () => {
    const bytes = fileOf("plain-crc");
    const place = Buffer.from(bytes).indexOf("row 7 of many");
    bytes[place] = 0x52;
    await expect(cellsIn(bytes)).rejects.toThrow(
      "parquet: t.parquet can't be read: a page isn't what its checksum says, in column many",
    );
  });
});
