import { describe, expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

const cells = (text: string) => {
  const { columns, lines } = parseCsv(text, "t.csv");
  return [columns, ...lines.map((line) => line.cells)];
};

describe("parseCsv", () => {
  test("reads cells between commas, tabs or semicolons, whichever the header has", () => {
    const expected = [
      ["a", "b"],
      ["1", "2,5"],
      ["", " 3"],
    ];
    expect(cells('a,b\n1,"2,5"\n, 3\n')).toEqual(expected);
    expect(cells("a\tb\n1\t2,5\n\t 3")).toEqual(expected);
    expect(cells("a;b\r\n1;2,5\r\n; 3\r\n")).toEqual(expected);
    expect(cells('"a;b";c\n1;2')).toEqual([
      ["a;b", "c"],
      ["1", "2"],
    ]);
    expect(cells("a\n1\n\n")).toEqual([["a"], ["1"], [""]]);
  });

  test("reads quotes as RFC 4180 has them: separators, line ends and doubled quotes inside", () => {
    expect(cells('"a ""b""",c\r\n"x\r\ny","1,2"\r\n"",z\r\n')).toEqual([
      ['a "b"', "c"],
      ["x\r\ny", "1,2"],
      ["", "z"],
    ]);
    expect(cells('a,b\n5" disk,"tail"')).toEqual([
      ["a", "b"],
      ['5" disk', "tail"],
    ]);
  });

  test("says on which line of the file each line of the table begins", () => {
    const { lines } = parseCsv('a,b\n"x\ny\nz",1\n2,3', "t.csv");
    expect(lines.map(({ line }) => line)).toEqual([2, 5]);
  });

  test("has an empty last cell where a line ends with a separator", () => {
    expect(cells("a,b\n1,\n2,")).toEqual([
      ["a", "b"],
      ["1", ""],
      ["2", ""],
    ]);
  });

  test.each([
    ["", "data: t.csv must begin with a line of column names, it is empty"],
    ["a,,b\n1,2,3", "data: t.csv, line 1: column 2 has no name"],
    ["a,b, a\n1,2,3", 'data: t.csv, line 1: columns must have different names, "a" comes twice'],
    ["a,b\n1,2\n3\n", "data: t.csv, line 3: there must be 2 cells, as the header has, received 1"],
    ["a,b\n1,2,3\n", "data: t.csv, line 2: there must be 2 cells, as the header has, received 3"],
    ["a,b\n1,2\n\n3,4\n", "data: t.csv, line 3 is empty"],
    ['a,b\n1,2\n3,"4\n5,6\n', "data: t.csv, line 3: a quote is opened here and not closed"],
    ['a,b\n1,"2"3\n', 'data: t.csv, line 2: after a closing quote the cell must end, received "3\\n"'],
  ])("refuses %j", (text, message) => {
    expect(() => parseCsv(text, "t.csv")).toThrow(message);
  });
});
