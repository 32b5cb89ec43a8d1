/** DuckDB opens what this library writes: the metrics of runs, by the lines of docs/how-to/other-tools.md, and tables as Parquet. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { heaviside } from "../../src/cli/testing.ts";
import { type Column, encodeParquet } from "../../src/formats/parquet/encode.ts";
import { blocksOf } from "../support/blocks.ts";
import { read, root } from "../support/repository.ts";
import { folderForAllTests } from "../support/temporary.ts";

type Cell = string | number | bigint | null;
type Row = Readonly<Record<string, Cell>>;
/** As far as the package @duckdb/node-api is used here. */
interface DuckDb {
  readonly DuckDBInstance: {
    create(): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getRowObjects(): Row[] }>;
      }>;
    }>;
  };
}

const file = `${root}test/duckdb/node_modules/@duckdb/node-api/lib/index.js`;
let folder: string;
folderForAllTests((path) => {
  folder = path;
});

describe.skipIf(!existsSync(file))("DuckDB [needs npm ci --prefix test/duckdb]", () => {
  let query: (sql: string) => Promise<Row[]>;
  beforeAll(async () => {
    const { DuckDBInstance }: DuckDb = await import(file);
    const connection = await (await DuckDBInstance.create()).connect();
    // A process that shares its working directory can't change it.
    query = async (sql) => {
      const placed = sql.replaceAll(/'(runs\/[^']*|\w+\.(?:parquet|csv))'/g, (_, path) => `'${join(folder, path)}'`);
      return (await connection.runAndReadAll(placed)).getRowObjects();
    };
  });

  describe("of three runs", () => {
    const names = ["first", "second", "third"];
    const linesOf = (name: string): { valid: { deterministic: { error: number } } }[] =>
      readFileSync(join(folder, "runs", name, "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const bestOf = (name: string): number => Math.min(...linesOf(name).map(({ valid }) => valid.deterministic.error));
    const blocks = blocksOf("other-tools.md", read("docs/how-to/other-tools.md"))
      .filter(({ language }) => language === "sql")
      .map(({ text }) => text);

    beforeAll(async () => {
      const rows = Array.from({ length: 90 }, (_, i) => `${Math.sin(i)},${Math.cos(i)},${i % 3 > 0 ? "odd" : "even"}`);
      const table = join(folder, "table.csv");
      writeFileSync(table, ["x,z,parity", ...rows].join("\n"));
      const own = ["--data", table, "--target", "parity", "--epochs", "3", "--backend", "reference", "--hidden", "4"];
      for (const [i, name] of names.entries()) {
        const rate = ["--rate", i === 2 ? "0.3" : "0.1", "--seed", String(i + 1)];
        expect((await heaviside("train", ...own, ...rate, "--out", join(folder, "runs", name))).code).toBe(0);
      }
      const tables = ["--parquet", join(folder, "runs.parquet"), "--curves", join(folder, "curves.parquet")];
      expect(
        (await heaviside("compare", join(folder, "runs"), ...tables, "--csv", join(folder, "runs.csv"))).code,
      ).toBe(0);
    });

    test("the page's first lines find the best validation of each run, with an option of it", async () => {
      const found = await query(blocks[0]!);
      const wanted = names
        .map((name, i) => ({ run: `runs/${name}`, rate: i === 2 ? 0.3 : 0.1, best: bestOf(name) }))
        .sort((a, b) => a.best - b.best || a.run.localeCompare(b.run));
      const own = found.map(({ run, ...rest }) => ({ run: String(run).replace(`${folder}/`, ""), ...rest }));
      expect(own).toEqual(wanted);
    });

    test("its second lines write all validations as Parquet, and its third read those of compare", async () => {
      await query(blocks[1]!);
      const [counted] = await query("SELECT count(*) AS n, min(error) AS best FROM 'validations.parquet'");
      expect(counted).toEqual({ n: 9n, best: Math.min(...names.map(bestOf)) });
      const found = await query(blocks[2]!);
      expect(found.map(({ epoch }) => epoch)).toEqual([1n, 2n, 3n, 1n, 2n, 3n]);
      const errors = names.map((name) => linesOf(name).map(({ valid }) => valid.deterministic.error));
      const mean = (epoch: number, of: number[]) => of.reduce((sum, i) => sum + errors[i]![epoch]!, 0) / of.length;
      const wanted = [[0, 1], [2]].flatMap((of) => [0, 1, 2].map((epoch) => mean(epoch, of))); // biome-ignore format: pairs
      found.forEach(({ error }, i) => expect(error).toBeCloseTo(wanted[i]!, 10));
    });

    test("the table of compare is the same as Parquet and as CSV", async () => {
      const columns = (await query("DESCRIBE SELECT * FROM 'runs.parquet'")).map(({ column_name }) => column_name);
      expect(columns).toEqual(readFileSync(join(folder, "runs.csv"), "utf8").split("\n")[0]!.split(","));
      const [parquet, csv] = await Promise.all(["parquet", "csv"].map((form) => query(`SELECT * FROM 'runs.${form}'`)));
      expect(parquet).toEqual(csv);
      expect(parquet).toHaveLength(3);
    });
  });

  test("each kind of column comes back bit by bit, what is missing too, over several groups of rows", async () => {
    const rows = 230_000;
    const cycle = <T>(values: readonly T[]): T[] => Array.from({ length: rows }, (_, i) => values[i % values.length]!);
    const columns: readonly Column[] = [
      { name: "valid.error", kind: "number", values: cycle([0.1, -1e-310, 1e308, Number.NaN, Infinity, undefined, -0]) }, // biome-ignore format: one line
      { name: 'größe, "n"', kind: "whole", values: cycle([0, 2 ** 53, -(2 ** 53), undefined, 7]) },
      { name: "group", kind: "text", values: cycle(["", "a,b", 'say "x"\n', "σ′ = 1 − σ", undefined, "null"]) },
      { name: "empty", kind: "number", values: cycle([undefined]) },
    ];
    writeFileSync(join(folder, "made.parquet"), encodeParquet(columns));
    const found = await query("SELECT * FROM 'made.parquet'");
    expect(found).toHaveLength(rows);
    for (const { name, kind, values } of columns)
      found.forEach((row, i) => {
        const wanted = values[i] ?? null;
        if (!Object.is(row[name], kind === "whole" && wanted !== null ? BigInt(wanted) : wanted))
          expect.fail(`${name}, row ${i}: ${String(row[name])} for ${wanted}`);
      });
    const [groups] = await query("SELECT count(DISTINCT row_group_id) AS n FROM parquet_metadata('made.parquet')");
    expect(groups).toEqual({ n: 3n });
    const types = await query("DESCRIBE SELECT * FROM 'made.parquet'");
    expect(types.map(({ column_type }) => column_type)).toEqual(["DOUBLE", "BIGINT", "VARCHAR", "DOUBLE"]);
  });
});
