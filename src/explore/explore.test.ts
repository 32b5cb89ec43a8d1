import { describe, expect, test } from "vitest";
import { describeTable, pairedText } from "./explore.ts";
import type { Finding } from "./findings.ts";
import { drawnByName, groupsOf } from "./groups.ts";
import { drawn, flowers, tableIn } from "./testing.ts";

const head = ["petal", "sepal", "colour", "species"];
const textOf = (rows: readonly (readonly string[])[], names: readonly string[] = head): string =>
  [names, ...rows].map((cells) => cells.join(";")).join("\n");
const explored = (text: string, target?: string, as?: "classes" | "values") =>
  describeTable(tableIn(text), { target, as }).exploration;
const about = (findings: readonly Finding[], rule: Finding["rule"]): string[] =>
  findings.filter((finding) => finding.rule === rule).map(({ text }) => text);

describe("planted faults", () => {
  const rows = flowers().map(([petal, sepal, colour, species], i) => [
    ...[
      String(1000 + i),
      petal!,
      sepal!,
      colour!,
      "7",
      species === "setosa" ? "S" : species === "virginica" ? "V" : "E",
    ],
    ...[`${i % 9},${i % 7}`, `2024-01-${String(1 + (i % 28)).padStart(2, "0")}`, species!],
  ]);
  for (let i = 0; i < 9; i++) rows[20 * i]![1] = i === 3 ? "n/a" : "";
  for (const i of [10, 30]) rows[i]![2] = "many";
  rows[44]![2] = "1000";
  rows[70]![3] = "--";
  rows[51] = ["1051", ...rows[50]!.slice(1)];
  rows[61] = ["1061", ...rows[62]!.slice(1, -1), "setosa"];
  const names = ["nr", "petal", "sepal", "colour", "floor", "code", "price", "day", "species"];
  const { findings, columns } = explored(`${textOf(rows, names)}\n1;2;3\n\n`, "species");
  const only = (rule: Finding["rule"]): string => {
    const found = about(findings, rule);
    expect(found, rule).toHaveLength(1);
    return found[0]!;
  };

  test("each is named once, with its column, figures and lines", () => {
    expect(only("leak")).toMatch(
      /^code alone predicts species in 99\.4 % of rows it wasn't fitted to, the most frequent class in 3\d/,
    );
    expect(only("repeated rows")).toMatch(
      /^1 row \(0\.556 %\) repeats an earlier one, such as line 53 that of line 52:/,
    );
    expect(only("conflicting rows")).toMatch(/^2 rows .* another species, such as lines 63 and 64:/);
    expect(only("text among numbers")).toMatch(/^sepal holds numbers, and 2 cells of text: "many" in lines 12, 32\./);
    expect(only("missing values")).toMatch(/^petal lacks 9 values \(5 %\), some spelled "n\/a":/);
    expect(only("placeholder")).toMatch(/^colour is "--" in 1 row: if that says that there is no value, leave/);
    expect(only("decimal commas")).toMatch(/^price has 180 numbers with a decimal comma/);
    expect(only("constant column")).toMatch(/^floor is "7" in every row/);
    expect(only("id column")).toMatch(/^nr is different in every row/);
    expect(only("text column")).toMatch(/^day holds dates/);
    expect(only("lines skipped")).toMatch(/^2 lines are empty .* \(lines 182, 183\)/);
    expect(only("outliers")).toMatch(/^sepal has 1 value .* the farthest is 1,000 in line 46/);
    expect(new Set(findings.map(({ rule }) => rule)).size).toBe(12);
    expect(findings[0]!.rule).toBe("leak");
  });

  test("each column is of its kind, and commas are read as points", () => {
    const kinds = "id,number,number,category,whole number,category,number,date,category";
    expect(columns.map(({ kind }) => kind)).toEqual(kinds.split(","));
    expect(columns[6]!.numbers).toMatchObject({ min: 0, max: 8.6, zeros: 3 });
    expect(columns[1]).toMatchObject({ missing: 9, missingAs: ["n/a"] });
  });
});

test("a table without faults has no findings, and says how well columns alone predict", () => {
  const { findings, alone, pairs, target } = explored(textOf(flowers()), "species");
  expect(findings).toEqual([]);
  expect(alone.map(({ column }) => column)[0]).toBe("petal");
  expect(alone[0]!.error).toBeLessThan(0.4);
  expect(alone[0]!.chance).toBeCloseTo(2 / 3, 1);
  expect(target!.classes).toEqual(["setosa", "versicolor", "virginica"].map((name) => ({ name, count: 60 })));
  const measures = Object.fromEntries(pairs.map(({ columns, measure }) => [columns.join(), measure]));
  expect(measures["petal,sepal"]).toBe("Pearson's r");
  expect(measures["petal,species"]).toBe("correlation ratio");
  expect(measures["colour,species"]).toBe("Cramér's V");
});

test("a target of numbers: leaks by a line, by steps and by names; a copy of a column; classes that are numbers", () => {
  const next = drawn(3);
  const rows = Array.from({ length: 200 }, () => {
    const [a, b] = [next(), next()];
    const price = Math.floor(10 * a) + b;
    return [a, b, 3 * price + 1, `k${Math.floor(price * 40)}`, Math.floor(10 * a), 10 * b, price].map(String);
  });
  const text = textOf(rows, ["a", "b", "tripled", "named", "steps", "copy", "price"]);
  const { findings, alone } = explored(text, "price");
  expect(findings.filter(({ rule }) => rule === "leak").map(({ column }) => column)).toEqual(["tripled"]);
  expect(about(findings, "leak")[0]).toMatch(/^tripled alone explains 100 % of the variance of price/);
  expect(about(findings, "same column twice")).toEqual([expect.stringMatching(/^copy says the same as b: Pearson's r is 1/)]); // biome-ignore format: one line
  const left = Object.fromEntries(alone.map(({ column, error }) => [column, error]));
  expect(left.tripled).toBeLessThan(1e-9);
  // The variance of b, 1/12, of that of the steps, 99/12, is left.
  expect(left.steps).toBeCloseTo(1 / 100, 2);
  expect(left.b).toBeGreaterThan(0.8);
  const digits = textOf(Array.from({ length: 60 }, (_, i) => [String(next()), String(i % 2)]), ["x", "label"]); // biome-ignore format: one line
  expect(about(explored(digits, "label").findings, "classes of numbers")[0]).toMatch(
    /^label has only 2 different values/,
  );
  expect(explored(digits, "label", "classes").findings).toEqual([]);
  expect(explored(digits, "label", "classes").target!.classes).toEqual([
    { name: "0", count: 30 },
    { name: "1", count: 30 },
  ]);
});

test("classes of very different sizes, and such with few rows, are named", () => {
  const rows = flowers().filter(([, , , species], i) => species !== "virginica" || i === 2);
  const { findings } = explored(textOf(rows), "species");
  expect(about(findings, "unequal classes")[0]).toMatch(/^species is "setosa" in 60 rows and "virginica" in 1:/);
  expect(about(findings, "rare classes")[0]).toMatch(/^species has fewer than 10 rows of "virginica":/);
});

describe("laws", () => {
  const rows = flowers();
  const plain = explored(textOf(rows));

  test("the order of rows doesn't matter", () => {
    const next = drawn(5);
    const turned = rows.map((row) => ({ row, at: next() })).sort((a, b) => a.at - b.at);
    const { columns, pairs } = explored(textOf(turned.map(({ row }) => row)));
    expect(
      columns.map(({ numbers, ...column }) => ({ ...column, numbers: numbers && { ...numbers, outliers: 0 } })),
    ).toEqual(
      plain.columns.map(({ numbers, ...column }) => ({ ...column, numbers: numbers && { ...numbers, outliers: 0 } })),
    );
    for (const [i, { value, spearman = 0 }] of pairs.entries()) {
      expect(value).toBeCloseTo(plain.pairs[i]!.value, 12);
      expect(spearman).toBeCloseTo(plain.pairs[i]!.spearman ?? 0, 12);
    }
  });

  test("the profile of a file is that of its rows twice, but for counts and repeated rows", () => {
    const twice = explored(textOf([...rows, ...rows]));
    expect(twice.repeats.rows).toBe(180 + plain.repeats.rows);
    for (const [i, { numbers, values = [], ...column }] of twice.columns.entries()) {
      const once = plain.columns[i]!;
      expect(column).toEqual({ ...once, numbers: undefined, values: undefined });
      expect(values).toEqual((once.values ?? []).map(({ value, count }) => ({ value, count: 2 * count })));
      if (!numbers) continue;
      expect(numbers.quantiles["50"]).toBe(once.numbers!.quantiles["50"]);
      expect(numbers.mean).toBeCloseTo(once.numbers!.mean, 12);
      expect(numbers.sd).toBeCloseTo(once.numbers!.sd, 12);
    }
    for (const [i, { value }] of twice.pairs.entries()) expect(value).toBeCloseTo(plain.pairs[i]!.value, 12);
  });
});

test("quantiles, mean and deviation are those by hand", () => {
  // Sorted: 1 1 2 3 3 4 5 5 5 6 9; the squares around 4 add up to 56.
  const { columns } = explored(["v", 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5].join("\n"));
  expect(columns[0]!.numbers!.quantiles).toEqual({ 5: 1, 25: 2.5, 50: 4, 75: 5, 95: 7.5 });
  expect(columns[0]!.numbers!.mean).toBeCloseTo(4, 12);
  expect(columns[0]!.numbers!.sd).toBeCloseTo(Math.sqrt(56 / 11), 12);
  expect(columns[0]).toMatchObject({ kind: "whole number", distinct: 7 });
  const hundred = explored(["v", ...Array.from({ length: 100 }, (_, i) => 100 - i)].join("\n")).columns[0]!;
  // As numpy's and R's.
  const wanted = { 5: 5.95, 25: 25.75, 50: 50.5, 75: 75.25, 95: 95.05 };
  for (const [percent, value] of Object.entries(wanted)) expect(hundred.numbers!.quantiles[percent]).toBeCloseTo(value, 10); // biome-ignore format: one line
});

test.each([
  [
    "a target that isn't there",
    "petl",
    undefined,
    'data: t.csv has no column "petl" (did you mean petal?); its columns are petal, sepal, colour, species',
  ],
  [
    "text for values",
    "species",
    "values",
    "explore: the target species must have numbers for --as values, received text",
  ],
  ["a constant target", "one", undefined, "explore: the target one must have at least 2 values, received 1"],
] as const)("%s is refused by name", (_, target, as, message) => {
  const rows = flowers().map((row) => (target === "one" ? [...row, "1"] : row));
  const names = target === "one" ? [...head, "one"] : head;
  expect(() => explored(textOf(rows, names), target, as)).toThrow(message);
});

test("names that are missing or come twice are made, and files without rows are refused", () => {
  const { findings, columns } = explored(",a,a\n1,2,3\n4,5,6");
  expect(columns.map(({ name }) => name)).toEqual(["column 1", "a", "a (2)"]);
  expect(about(findings, "column names")[0]).toMatch(/^column 1, a \(2\) had no name of their own/);
  expect(() => tableIn("")).toThrow("data: t.csv must begin with a line of column names, it is empty");
  expect(() => tableIn("a,b\n")).toThrow("data: t.csv must have a row below its header, received none");
  expect(() => tableIn("a,b\n1\n")).toThrow("received 1 lines with another number of cells, the first in line 2");
  expect(() => tableIn("a,b\n1,2", ["c"])).toThrow('data: t.csv has no column "c"; its columns are a, b');
});

test("classes beyond the colours are grouped, unless short names can stand for their points", () => {
  const target = (names: string[]) => ({ kind: "classes" as const, name: "t", names, codes: Int32Array.from({ length: 30 }, (_, i) => i % names.length) }); // biome-ignore format: one line
  const digits = Array.from({ length: 10 }, (_, i) => String(i));
  expect(groupsOf(target(digits))!.names).toHaveLength(6);
  expect(groupsOf(target(digits), true)!.names).toEqual(digits);
  expect(drawnByName(groupsOf(target(digits), true)!)).toBe(true);
  const words = digits.map((digit) => `class ${digit}`);
  expect(groupsOf(target(words), true)!.names.at(-1)).toBe("others");
  expect(drawnByName(groupsOf(target(["a", "b"]), true)!)).toBe(false);
});

test("rows that lack the target are in conflict with none", () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i % 10},${i < 10 ? "v" : ""}`);
  const { findings } = explored(["a,t", ...rows, "11,w"].join("\n"), "t");
  expect(about(findings, "conflicting rows")).toEqual([]);
  expect(about(explored(["a,t", ...rows, "1,w"].join("\n"), "t").findings, "conflicting rows")).toHaveLength(1);
});

test("of very many columns the first ones are paired, the target among them", () => {
  const names = [...Array.from({ length: 310 }, (_, i) => `c${i}`), "t"];
  const rows = Array.from({ length: 12 }, (_, row) =>
    names.map((_, i) => Math.sin(row * (i + 1)).toFixed(3)).join(";"),
  );
  const found = explored([names.join(";"), ...rows].join("\n"), "t");
  expect(found.sampled).toMatchObject({ columns: 300, of: 311 });
  expect(found.pairs).toHaveLength((300 * 299) / 2);
  expect(found.pairs.filter(({ columns }) => columns.includes("t"))).toHaveLength(299);
  expect(pairedText(found)).toBe("of the first 300 of 311 columns");
});

test("a text with a digit is no placeholder", () => {
  const rows = Array.from({ length: 40 }, (_, i) => ["#1", "2/3", "a"][i % 3]);
  expect(about(explored(["v", ...rows].join("\n")).findings, "placeholder")).toEqual([]);
});
