import { describe, expect, test } from "vitest";
import { isTableFile, parseTable } from "./table-text.ts";

const arff = `% a comment
@RELATION flowers

@attribute 'petal length' NUMERIC
@attribute colour {red, 'light blue'}
@attribute note string
@data
1.5, red, "a, \\"b\\""
?,'light blue','it\\'s'
% another
2,'?',
`;

describe("ARFF", () => {
  test("names, quotes, comments, and ? for an empty cell", () => {
    expect(parseTable(arff, "a.arff")).toEqual({
      columns: ["petal length", "colour", "note"],
      lines: [
        { line: 8, cells: ["1.5", "red", 'a, "b"'] },
        { line: 9, cells: ["", "light blue", "it's"] },
        { line: 11, cells: ["2", "?", ""] },
      ],
    });
  });

  test.each([
    ["@attribute a numeric\n@data\n1,2", "data: a.arff, line 3: there must be 1 cell, one an @attribute, received 2"],
    ["@attribute a numeric\n@data\n{0 1}", "data: a.arff, line 3: rows must have all cells, sparse rows can't be read"],
    ["@attribute a numeric\n@attribute 'a' numeric", 'data: a.arff, line 2: columns must have different names, "a" comes twice'], // biome-ignore format: one line
    ["@attribute a", "data: a.arff, line 1: @attribute must have a name and a type"],
    ["@attribute abc", "data: a.arff, line 1: @attribute must have a name and a type"],
    ["@attribute 'a b'", "data: a.arff, line 1: @attribute must have a name and a type"],
    ["a,b\n1,2", 'data: a.arff, line 1: must be @relation, @attribute or @data, received "a,b"'],
    ["@attribute a numeric", "data: a.arff must have lines @attribute, and @data before its rows"],
  ])("refuses %j", (text, message) => {
    expect(() => parseTable(text, "a.arff")).toThrow(message);
  });
});

describe("JSON lines", () => {
  test("columns in the order of their first line; what is missing or null is empty", () => {
    expect(parseTable('{"a":1.5,"b":"x,y"}\r\n\n{"b":null,"c":true,"a":[1]}\n', "a.jsonl")).toEqual({
      columns: ["a", "b", "c"],
      lines: [
        { line: 1, cells: ["1.5", "x,y", ""] },
        { line: 3, cells: ["[1]", "", "true"] },
      ],
    });
  });

  test("names that objects have of themselves are columns like others", () => {
    expect(parseTable('{"__proto__":1,"a":2}\n{"toString":"x"}', "a.jsonl")).toEqual({
      columns: ["__proto__", "a", "toString"],
      lines: [
        { line: 1, cells: ["1", "2", ""] },
        { line: 2, cells: ["", "", "x"] },
      ],
    });
  });

  test.each([
    ["[1]", "data: a.jsonl, line 1: must be one object in JSON, received [1]"],
    ['{"a":1}\n{"a"', 'data: a.jsonl, line 2: must be one object in JSON, received "{\\"a\\""'],
    ["", "data: a.jsonl must have an object with columns in each line, it has none"],
  ])("refuses %j", (text, message) => {
    expect(() => parseTable(text, "a.jsonl")).toThrow(message);
  });
});

test("other names are text with separators", () => {
  expect(parseTable("a\tb\n1\t2", "a.tsv").columns).toEqual(["a", "b"]);
  expect(["a.CSV", "a.tsv", "a.arff", "a.jsonl", "a.ndjson"].every(isTableFile)).toBe(true);
  expect(["a.json", "mnist", "./csv", "a.png"].some(isTableFile)).toBe(false);
});

describe("ARFF of any length", () => {
  const arff = (line: string) => parseTable(`@relation r\n@attribute a string\n@attribute 'b c' string\n@data\n${line}\n`, "f.arff"); // biome-ignore format: one line

  test("cells are read with what stands around quotes", () => {
    const rows = [
      [" 'it\\'s, \\\\' , \"\" ", ["it's, \\", ""]],
      ["'a' b, ?", ["'a' b", ""]],
      [" '?' , 'open", ["?", "'open"]],
      ["a,", ["a", ""]],
    ] as const;
    for (const [line, cells] of rows) expect(arff(line).lines[0]!.cells).toEqual(cells);
    expect(arff("1,2").columns).toEqual(["a", "b c"]);
  });

  test("spaces within a cell, and quotes, take no more than their length", () => {
    const spaces = " ".repeat(300_000);
    expect(arff(`a${spaces}b,'c'${spaces}d`).lines[0]!.cells).toEqual([`a${spaces}b`, `'c'${spaces}d`]);
    const escapes = "\\'".repeat(4_000_000);
    expect(arff(`'${escapes}',1`).lines[0]!.cells[0]).toHaveLength(4_000_000);
  });
});
