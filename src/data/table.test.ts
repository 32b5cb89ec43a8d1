import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { checkDataset } from "./check.ts";
import { loadDataset, type TableOptions } from "./index.ts";
import { tableFrom } from "./table.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "heaviside-table-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Row i has a = i, b = −i/4, and the price 2i + 1. */
const lines = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join("\n");
const prices = `a,b,price\n${lines(30, (i) => `${i},${-i / 4},${2 * i + 1}`)}\n`;
const from = (text: string, targets: string | string[], options: Omit<TableOptions, "file" | "target"> = {}) =>
  tableFrom(text, "t.csv", [targets].flat(), options);
const all = (field: string, { train, valid, test: held }: ReturnType<typeof tableFrom>): number[] =>
  [train, valid, held].flatMap(({ fields }) => [...(fields as Record<string, { data: Float32Array }>)[field]!.data]);

describe("a table", () => {
  test("of 20 columns of numbers loads by name: 19 inputs and a number to predict", async () => {
    const names = Array.from({ length: 20 }, (_, column) => `c${column}`);
    const file = join(root, "twenty.csv");
    await writeFile(
      file,
      `${names.join(",")}\n${lines(24, (i) => names.map((_, column) => i + column / 100).join(","))}`,
    );
    const data = await loadDataset("table", { file, target: "c7" });
    expect(data.fields).toEqual({
      x: { shape: [19], dtype: "float32", columns: names.filter((name) => name !== "c7") },
      y: { shape: [1], dtype: "float32", columns: ["c7"] },
    });
    expect([data.train.size, data.valid.size, data.test.size]).toEqual([16, 4, 4]);
    expect([data.name, data.splitNote]).toEqual([
      "table",
      "24 examples: 16 to train on, 4 to validate, 4 to test, drawn by seed 0.",
    ]);
    checkDataset("own", data);
    const mine = await loadDataset("table", { file, target: "c7", splitSeed: 3, valid: 6, test: 0.5, limit: 2 });
    expect([mine.train.size, mine.valid.size, mine.test.size]).toEqual([2, 6, 12]);
    expect(mine.splitNote).toContain("drawn by seed 3. The limit omits 4.");
  });

  test("keeps what is in one line together, in rows of x and y, in random order", () => {
    const data = from(prices, "price");
    const [x, y] = [all("x", data), all("y", data)];
    expect(y.flatMap((price) => [(price - 1) / 2, (1 - price) / 8])).toEqual(x);
    expect(y.toSorted((p, q) => p - q)).toEqual(Array.from({ length: 30 }, (_, i) => 2 * i + 1));
    expect(y).not.toEqual(y.toSorted((p, q) => p - q));
    expect(from(prices, "price", { splitSeed: 1 })).not.toEqual(data);
  });

  test("may have several numbers to predict, in the order that is said, and columns that are omitted", () => {
    const { fields, train } = from(prices, ["price", "a"]);
    expect(fields).toMatchObject({ x: { columns: ["b"] }, y: { shape: [2], columns: ["price", "a"] } });
    const { x, y } = train.fields as { x: { data: Float32Array }; y: { data: Float32Array } };
    expect([y.data[0], y.data[1]]).toEqual([-8 * x.data[0]! + 1, -4 * x.data[0]!]);
    expect(from(prices, "price", { omit: ["a"] }).fields.x.columns).toEqual(["b"]);
  });

  test("has classes where the target is text, or whole numbers that are said to be classes, in order", () => {
    const text = `x,kind\n${lines(12, (i) => `${i},"${["iris", "a, b", "rose"][i % 3]}"`)}`;
    const kinds = from(text, "kind");
    expect(kinds.fields).toMatchObject({ label: { dtype: "int32", shape: [], classes: ["a, b", "iris", "rose"] } });
    expect(all("label", kinds)).toEqual(all("x", kinds).map((i) => [1, 0, 2][i % 3]));
    const quality = `x,quality\n${lines(12, (i) => `${i},${[10, 9, 3][i % 3]}`)}`;
    const rated = from(quality, "quality", { as: "classes" });
    expect(rated.fields).toMatchObject({ label: { classes: ["3", "9", "10"] } });
    expect(all("label", rated)).toEqual(all("x", rated).map((i) => [2, 1, 0][i % 3]));
    expect(from(quality, "quality").fields).toMatchObject({ y: { shape: [1] } });
    expect(rated.splitNote).toContain("in proportion to the classes of quality");
  });

  test("is read with a mark of the byte order, CRLF, tabs, spaces around numbers, signs and exponents", async () => {
    const file = join(root, "t.tsv");
    await writeFile(file, "\uFEFFa\tb\r\n 1 \t+2e-1\r\n.5\t-3.\r\n1E3\t0\r\n");
    const data = await loadDataset("table", { file, target: "b" });
    const pairs = all("x", data).map((x, i) => [x, all("y", data)[i]]);
    expect(pairs.sort((p, q) => p[0]! - q[0]!)).toEqual([
      [0.5, -3],
      [1, Math.fround(0.2)],
      [1000, 0],
    ]);
  });

  test.each<[string, string, string | string[], object, string]>([
    ["an empty cell", prices.replace("7,-1.75", "7,"), "price", {}, "t.csv, line 9, column b: the cell is empty"],
    [
      "an empty target",
      prices.replace("-1.75,15", "-1.75,"),
      "price",
      {},
      "t.csv, line 9, column price: the cell is empty",
    ],
    [
      "NaN",
      prices.replace("7,-1.75", "NaN,-1.75"),
      "price",
      {},
      't.csv, line 9, column a: the cell must be a number, received "NaN"',
    ],
    [
      "a hexadecimal number",
      prices.replace("7,-1.75", "0x7,1"),
      "price",
      {},
      'line 9, column a: the cell must be a number, received "0x7"',
    ],
    [
      "a decimal comma",
      prices.replace("7,-1.75", '"7,5",1'),
      "price",
      {},
      'line 9, column a: the cell must be a number, received "7,5"',
    ],
    [
      "a number beyond float32",
      prices.replace("7,-1.75", "1e39,1"),
      "price",
      {},
      "line 9, column a: numbers must be within ±3.4e38, received",
    ],
    [
      "a text in a target of numbers",
      prices.replace("-1.75,15", "-1.75,dear"),
      "price",
      {},
      'line 9, column price: the cell must be a number, received "dear"',
    ],
    [
      "a column of text",
      "a,b\nx,1\ny,2\nz,3\n",
      "b",
      {},
      't.csv: column a holds text, such as "x" in line 2, and only numbers can be read; encode it as numbers, or omit it with omit (--omit a)',
    ],
    ["a target of text as values", "a,b\n1,x\n2,y\n3,z\n", "b", { as: "values" }, "t.csv: column b holds text"],
    [
      "an unknown column",
      prices,
      "prize",
      {},
      't.csv has no column "prize" (did you mean price?); its columns are a, b, price',
    ],
    ["an unknown column to omit", prices, "price", { omit: ["c"] }, 't.csv has no column "c"'],
    [
      "two targets of classes",
      prices,
      ["a", "b"],
      { as: "classes" },
      "a target of classes must be one column, received a, b",
    ],
    ["one class", "a,b\n1,x\n2,x\n3,x\n", "b", {}, 't.csv: column b must have at least 2 classes, all rows have "x"'],
    ["no inputs", "a\n1\n2\n3\n", "a", {}, "t.csv must have a column beside the target to predict it from"],
    ["two rows", "a,b\n1,2\n3,4\n", "b", {}, "t.csv must have at least 3 lines below its header, received 2"],
    ["another kind of target", prices, "price", { as: "class" }, 'as must be values or classes, received "class"'],
    ["a limit", prices, "price", { limit: 0 }, "t.csv: limit must be a whole number at least 1, received 0"],
    ["a share of 0", prices, "price", { valid: 0 }, "t.csv: valid must be a finite number above 0, received 0"],
    ["a seed", prices, "price", { splitSeed: -1 }, "splitSeed must be a whole number at least 0"],
  ])("is refused with %s", (_, text, target, options, message) => {
    expect(() => from(text, target, options)).toThrow(UserError);
    expect(() => from(text, target, options)).toThrow(`data: ${message}`.replace(/^data: line/, "data: t.csv, line"));
  });

  test("is refused where there is no such file, no text, or no word of what to predict", async () => {
    const file = join(root, "odd.csv");
    await writeFile(file, Uint8Array.of(0xff, 0xfe, 0x61, 0));
    const named = join(root, "named.csv");
    await writeFile(named, "a,b\n1,2");
    for (const [options, message] of [
      [{ target: "a" }, "the data set 'table' needs a CSV or TSV file, as file (--file FILE)"],
      [{ file: named }, "named.csv needs the column to predict, as target (--target COLUMN); its columns are a, b"],
      [{ file: "/nowhere/t.csv", target: "a" }, "/nowhere/t.csv does not exist"],
      [{ file: root, target: "a" }, `${root} cannot be read (it is a folder)`],
      [{ file, target: "a" }, "odd.csv must be text in UTF-8, it is something else"],
      [
        { file, target: "a", dir: root },
        "the options are file, target, as, omit, limit, valid, test, splitSeed, received dir",
      ],
    ] as const)
      await expect(loadDataset("table", options as TableOptions)).rejects.toThrow(message);
  });
});

test("a decimal comma is refused with the fix, in an input and in a target, and is no class", () => {
  const rows = (text: string) => `a;b\n${text}\n2;3\n4;5`;
  expect(() => tableFrom(rows("186,0;1"), "t.csv", ["b"], {})).toThrow(
    't.csv, line 2, column a: the cell must be a number, received "186,0": a decimal comma must be a point, 186.0',
  );
  expect(() => tableFrom(rows("1;186,0"), "t.csv", ["b"], {})).toThrow("column b: the cell must be a number");
  expect(() => tableFrom(rows("1,2,3;1"), "t.csv", ["b"], {})).toThrow("column a holds text");
});
