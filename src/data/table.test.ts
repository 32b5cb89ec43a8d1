import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { checkDataset } from "./check.ts";
import { loadDataset, type TableOptions } from "./index.ts";
import { table, tableFrom, tableInBytes } from "./table.ts";

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
      x: {
        ...{ shape: [19], dtype: "float32", columns: names.filter((name) => name !== "c7") },
        table: names.filter((name) => name !== "c7").map((name) => ({ name, fill: expect.any(Number) })),
      },
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
      "texts that differ in each row",
      "a,b\nx,1\ny,2\nz,3\nv,2\n",
      "b",
      {},
      't.csv: column a has 2 different texts in 2 rows, such as "',
    ],
    [
      "a target of text as values",
      "a,b\n1,x\n2,y\n3,z\n",
      "b",
      { as: "values" },
      't.csv: column b holds text, such as "x" in line 2, and a target of values must hold numbers',
    ],
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
    ["a target twice", prices, ["price", "price"], {}, 'targets must be different columns, "price" comes twice'],
    [
      "a target that is omitted",
      prices,
      "price",
      { omit: ["price"] },
      'omit names "price", which is the target or categorical',
    ],
    [
      "a categorical target",
      prices,
      "price",
      { categorical: ["price"] },
      'categorical is of inputs, "price" is the target: make classes of it by as classes',
    ],
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
      [{ file, target: "a" }, "odd.csv must be text in UTF-8, it is UTF-16: save it as UTF-8"],
      [
        { file, target: "a", dir: root },
        "the options are file, target, as, omit, categorical, valid, test, folds, fold, limit, splitSeed, received dir",
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
  expect(() => tableFrom(rows("1,2,3;1"), "t.csv", ["b"], {})).toThrow(
    'column a: the cell must be a number, received "1,2,3"',
  );
});

/** 36 rows: a text of three, a number that each sixth row lacks, and the price. */
const birds = `isle,mass,price\n${lines(36, (i) => `${["north", "south", i % 6 === 2 ? "NA" : "west"][i % 3]},${i % 6 === 5 ? "" : i},${i}`)}`;

describe("texts and missing cells", () => {
  const data = from(birds, "price");
  const { table = [] } = data.fields.x;
  const rowOf = (price: number): number[] => {
    const [x, y] = [all("x", data), all("y", data)];
    const width = x.length / y.length;
    return x.slice(width * y.indexOf(price), width * (y.indexOf(price) + 1));
  };

  test("become numbers: one for each text, and one that says where something is missing", () => {
    expect(data.fields.x.columns).toEqual([
      ...["isle = north", "isle = south", "isle = west", "isle is missing", "mass", "mass is missing"],
    ]);
    const fill = (table[1] as { fill: number }).fill;
    expect(rowOf(0)).toEqual([1, 0, 0, 0, 0, 0]);
    expect(rowOf(4)).toEqual([0, 1, 0, 0, 4, 0]);
    expect(rowOf(2)).toEqual([0, 0, 0, 1, 2, 0]);
    expect(rowOf(5)).toEqual([0, 0, 1, 0, fill, 1]);
  });

  test("a missing number is the median of the rows to train on, and of no others", () => {
    const { x, y } = data.train.fields as unknown as Record<"x" | "y", { data: Float32Array }>;
    const known = [...y.data].flatMap((price, i) => (x.data[6 * i + 5] === 1 ? [] : [price])).sort((a, b) => a - b);
    const half = known.length / 2;
    const median = (known[Math.ceil(half) - 1]! + known[Math.floor(half)]!) / 2;
    expect((table[1] as { fill: number }).fill).toBe(median);
    // Rows that aren't trained on may hold anything.
    const others = [...all("y", data)].slice(data.train.size).filter((price) => price % 6 !== 5);
    const changed = birds.replaceAll(/^(\w+),(\d+),(\d+)$/gm, (line, isle, _, price) =>
      others.includes(Number(price)) ? `${isle},999999,${price}` : line,
    );
    expect(from(changed, "price").fields.x.table).toEqual(table);
  });

  test("rows without the target are not used, which is said", () => {
    const some = from(birds.replace("4,4\n", "4,\n").replace("6,6\n", "6,n/a\n"), "price");
    expect(some.warnings).toEqual(["2 of 36 rows lack price and are not used, the first in line 6"]);
    expect(all("y", some)).toHaveLength(34);
    expect(() => from("a,b\n1,\n2,\n3,4", "b")).toThrow(
      "must have at least 3 rows with the target, but 2 of 3 rows lack b",
    );
  });

  test("texts that no row to train on has are read as missing where others validate or test, which is said", () => {
    const held = all("y", data).at(-1)!;
    const odd = birds.replace(new RegExp(`^\\w+,(\\d*),${held}$`, "m"), `far,$1,${held}`);
    const read = from(odd, "price");
    expect(read.warnings).toEqual([
      '1 row to validate or test with has texts of isle that none to train on has, such as "far": read as missing',
    ]);
    expect(all("x", read).slice(-6, -2)).toEqual([0, 0, 0, 1]);
    const lacking = `a,b\n${lines(12, (i) => `${i},${i}`)}`;
    const last = all("y", from(lacking, "b")).at(-1)!;
    const without = from(lacking.replace(new RegExp(`^${last},`, "m"), ","), "b");
    expect(without.warnings![0]).toMatch(
      /^1 row to validate or test with lacks a, and none to train on: read as the median, [\d.]+$/,
    );
  });

  test("a class that no row to train on has is said", () => {
    const kinds = `x,kind\n${lines(24, (i) => `${i},${i < 21 ? ["a", "b"][i % 2] : `once ${i}`}`)}`;
    expect(from(kinds, "kind", { limit: 3 }).warnings!.at(-1)).toMatch(
      /^no row to train on has the classes once 21, once 22, once 23: they can't be learned$/,
    );
  });

  test("numbers that are names are texts where that is said, in the order of numbers", () => {
    const zip = `zip,price\n${lines(24, (i) => `${[8001, 900, 10000][i % 3]},${i}`)}`;
    expect(from(zip, "price").fields.x.columns).toEqual(["zip"]);
    expect(from(zip, "price", { categorical: ["zip"] }).fields.x.columns).toEqual([
      "zip = 900",
      "zip = 8001",
      "zip = 10000",
    ]);
    expect(() => from(zip, "price", { categorical: ["zap"] })).toThrow('has no column "zap" (did you mean zip?)');
  });

  test("beyond the 50 most frequent texts there is one number for all others", () => {
    const many = `tag,price\n${lines(600, (i) => `t${i < 480 ? i % 48 : i % 60},${i}`)}`;
    const { columns = [], table = [] } = from(many, "price").fields.x;
    expect([columns.length, columns.at(-1)]).toEqual([51, "tag = any other"]);
    expect(table[0]).toMatchObject({ name: "tag", other: true });
    const { x } = from(many, "price").train.fields as unknown as { x: { data: Float32Array } };
    for (let at = 0; at < x.data.length; at += 51) expect(x.data.slice(at, at + 51).reduce((a, b) => a + b)).toBe(1);
  });

  test.each<[string, string, string]>([
    [
      "a column without any value",
      "a,b,c\n,1,2\n,2,2\n,3,2\n",
      "column a has no value in the 1 row to train on: omit it with omit (--omit a)",
    ],
    [
      "text among numbers",
      birds.replace("4,4\n", "four,4\n"),
      'line 6, column mass: the cell must be a number, received "four"',
    ],
    [
      "free text",
      `note,price\n${lines(200, (i) => `${i < 90 ? "same" : `note ${i}`},${i}`)}`,
      "different texts in 134 rows, such as",
    ],
    [
      "two columns of one name",
      `a,a = x,price\n${lines(12, (i) => `${["x", "y"][i % 2]},${i},${i}`)}`,
      'two numbers would be called "a = x" after encoding',
    ],
  ])("%s is refused", (_, text, message) => {
    const target = text.startsWith("a,b,c") ? "c" : "price";
    expect(() => from(text, target)).toThrow(message);
  });
});

describe("folds", () => {
  const folds = 5;
  const rows = (fold: number) => from(birds, "price", { folds, fold });

  test("test each row once, and train and validate on the others", () => {
    const tested = Array.from({ length: folds }, (_, i) => [
      ...(rows(i + 1).test.fields as unknown as { y: { data: Float32Array } }).y.data,
    ]);
    expect(tested.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 36 }, (_, i) => i));
    expect(tested.map(({ length }) => length).sort()).toEqual([7, 7, 7, 7, 8]);
    // Dealt in the order of the target: means differ by less than a step of it.
    const means = tested.map((of) => of.reduce((a, b) => a + b) / of.length);
    expect(Math.max(...means) - Math.min(...means)).toBeLessThan(folds);
    const two = rows(2);
    expect(all("y", two).sort((a, b) => a - b)).toEqual(Array.from({ length: 36 }, (_, i) => i));
    expect(two.splitNote).toBe("36 examples: 22 to train on, 6 to validate, 8 to test, fold 2 of 5, drawn by seed 0.");
  });

  test("have each class in proportion", () => {
    const kinds = `x,kind\n${lines(50, (i) => `${i},${i % 5 === 0 ? "rare" : "usual"}`)}`;
    for (let fold = 1; fold <= 5; fold++) {
      const { test: held } = from(kinds, "kind", { folds: 5, fold });
      expect([...(held.fields as unknown as { label: { data: Int32Array } }).label.data].sort().join("")).toBe(
        "0011111111",
      );
    }
  });

  test.each<[object, string]>([
    [{ fold: 2 }, "t.csv: fold 2 needs folds, the number of parts (--folds 5)"],
    [{ folds: 5 }, "t.csv: folds 5 needs fold, the part to test with, from 1 to 5"],
    [{ folds: 5, fold: 6 }, "t.csv: fold must be a whole number at least 1 and at most 5, received 6"],
    [{ folds: 1, fold: 1 }, "t.csv: folds must be a whole number at least 2 and at most 100, received 1"],
    [{ folds: 19, fold: 1 }, "t.csv: 19 folds need at least 38 examples, received 36"],
    [{ folds: 5, fold: 1, test: 0.5 }, "t.csv: folds say which examples test, so test must be omitted, received 0.5"],
  ])("%j is refused", (options, message) => {
    expect(() => from(birds, "price", options)).toThrow(message);
  });
});

test.each(["a.csv", "a.jsonl"])("the bytes of a file are read as the file is: %s", async (name) => {
  const rows = Array.from({ length: 12 }, (_, i) => ({
    size: i % 5 === 0 ? "" : i / 4,
    kind: i % 2 === 0 ? "b" : "c",
  }));
  const text = name.endsWith("l")
    ? rows.map((row) => JSON.stringify(row)).join("\n")
    : `size,kind\n${rows.map(({ size, kind }) => `${size},${kind}`).join("\n")}\n`;
  const file = join(root, name);
  await writeFile(file, text);
  const options = { file, target: "kind" };
  expect(await tableInBytes(new TextEncoder().encode(text), options)).toEqual(await table.load(options));
  await expect(tableInBytes(new Uint8Array(0), options)).rejects.toThrow(`data: ${file} cannot be read (it is empty)`);
  await expect(tableInBytes(new TextEncoder().encode(text), { file })).rejects.toThrow("its columns are size, kind");
});
