import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";
import { CsvScanner } from "./csv-scan.ts";

/** The lines of a table whose bytes come in pieces. */
function inPieces(text: string, size: number): { line: number; cells: string[] }[] {
  const lines: { line: number; cells: string[] }[] = [];
  const scanner = new CsvScanner("t.csv", ({ line, count, bytes, starts, ends, doubled }) => {
    const cells = Array.from({ length: count }, (_, i) => {
      const cell = new TextDecoder().decode(bytes.subarray(starts[i]!, ends[i]!));
      return doubled[i] ? cell.replaceAll('""', '"') : cell;
    });
    lines.push({ line, cells });
  });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.slice(at, at + size));
  scanner.end();
  return lines;
}

const cell = fc.string({ unit: fc.constantFrom("a", "é", "1", ",", ";", '"', "\n", "\r\n", " ", ""), maxLength: 6 });
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 });

test("gives the cells that were written, whatever the pieces are that they come in", () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 9 }), fc.constantFrom("\n", "\r\n"), (rows, size, end) => {
      const header = "a,b,c";
      const text = [header, ...rows.map((row) => row.map(quoted).join(","))].join(end);
      const whole = parseCsv(text, "t.csv");
      expect(whole.lines.map(({ cells }) => cells)).toEqual(rows);
      const [first, ...rest] = inPieces(text, size);
      expect(first!.cells).toEqual(["a", "b", "c"]);
      expect(rest).toEqual(whole.lines);
    }),
  );
});

test.each([1, 2, 3, 5, 100])(
  "of pieces of %d bytes: last lines, empty cells, and more cells than there was room for",
  (size) => {
    const wide = Array.from({ length: 70 }, (_, i) => `c${i}`);
    expect(inPieces(`${wide}\n${wide}`, size).map(({ cells }) => cells)).toEqual([wide, wide]);
    expect(inPieces("a\tb\r\n1,5\t\r\n\t2", size)).toEqual([
      { line: 1, cells: ["a", "b"] },
      { line: 2, cells: ["1,5", ""] },
      { line: 3, cells: ["", "2"] },
    ]);
    expect(inPieces('a;b\n"x\ny";1\nz;2\n', size).map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(() => inPieces('a,b\n1,"2', size)).toThrow("data: t.csv, line 2: a quote is opened here and not closed");
    expect(() => inPieces('a,b\n1,"2"3\n', size)).toThrow("line 2: after a closing quote the cell must end, received");
  },
);

test("a streamed line of more than 16 MiB is refused: its quote isn't closed", () => {
  const scanner = new CsvScanner("t.csv", () => {});
  scanner.push(new TextEncoder().encode('a,b\n1,"'));
  expect(() => scanner.push(new Uint8Array(2 ** 24 + 1).fill(32))).toThrow(
    "data: t.csv, line 2: a line must have at most 16 MiB; a quote may be opened here and not closed",
  );
});
