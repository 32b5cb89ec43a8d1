import { expect, test } from "vitest";
import { describeTable } from "./explore.ts";
import { sharedRows } from "./shared.ts";
import { flowers, tableIn } from "./testing.ts";

const head = "petal;sepal;colour;species";
const rows = flowers().map((cells) => cells.join(";"));
const trained = tableIn([head, ...rows.slice(0, 150)].join("\n"), [], "train.csv");

test("rows of both files are counted and named, whatever the order of columns and of values", () => {
  const turned = (row: string): string => row.split(";").reverse().join(";");
  const tested = tableIn([turned(head), ...[...rows.slice(150), rows[7]!, rows[3]!].map(turned)].join("\n"), [], "test.csv"); // biome-ignore format: one line
  const { findings, shared } = describeTable(trained, { target: "species", test: tested }).exploration;
  expect(shared).toEqual({ file: "test.csv", rows: 32, repeated: 2, first: [32, 9] });
  expect(findings.find(({ rule }) => rule === "rows to test on")?.text).toBe(
    "2 rows of test.csv (6.25 %) are here too, such as that of its line 32 in line 9: remove them from one of both files, or the score is too good.",
  );
});

test("a cell that differs, is missing, or moved to another column makes another row", () => {
  const of = (text: string) => tableIn(`a;b;c\n${text}`);
  const one = of("1;2;x\n;2;x");
  expect(sharedRows(one, of("1;2;x\n;2;x\n2;1;x\n1;;x\n1;2;y\n-0;2;x"), new Set()).repeated).toBe(2);
  expect(sharedRows(of("0;1;x"), of("-0;1.0;x"), new Set()).repeated).toBe(1);
  expect(sharedRows(one, of("9;2;x"), new Set(["a"])).repeated).toBe(1);
});

test("a file without the same columns is refused", () => {
  expect(() => sharedRows(trained, tableIn("petal;sepal\n1;2", [], "test.csv"), new Set())).toThrow(
    "explore: test.csv must have the columns of train.csv, it lacks colour, species; it has petal, sepal",
  );
});
