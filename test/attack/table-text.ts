import type { Draws } from "./draws.ts";

/** A table of text. */
export interface Drawn {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const words = ["", "1", "-2.5", "1e3", "NA", "?", "a", "red", "1,5", 'say "x"', "grün", "two words", "a;b", "t\tb", "l\nb", "'", "\\", "%", "{", "@data", "__proto__", "constructor", "1e999", "x".repeat(70)]; // biome-ignore format: one line

/** A small table whose cells hold what is special in some format. */
export function drawnTable(draws: Draws, format: "csv" | "arff" | "jsonl"): Drawn {
  const usual = draws.oneIn(3) ? words : words.slice(0, 8);
  const cell = (): string => {
    const text = draws.of(usual);
    // ARFF's lines end where the text does; cells are trimmed there, and ? is one that is missing.
    return format === "arff" ? text.replace(/[\n\t]/g, " ") : text;
  };
  const count = 1 + draws.below(5);
  const columns = Array.from({ length: count }, (_, i) => `${draws.of(["a", "b", "x y", "grün", "__proto__"])}${i}`);
  const rows = Array.from({ length: draws.below(25) }, () => columns.map(cell));
  // An empty line is no row of CSV.
  const isRow = (cells: readonly string[]): boolean => format !== "csv" || cells.length > 1 || cells[0] !== "";
  const made = rows.filter(isRow);
  return { columns, rows: format === "jsonl" && made.length === 0 ? [columns.map(() => "1")] : made };
}

/** The table in a format's grammar. */
export function textAs({ columns, rows }: Drawn, format: "csv" | "arff" | "jsonl", draws: Draws): string {
  const end = draws.of(["\n", "\r\n"]);
  const ended = (lines: readonly string[]): string => lines.join(end) + (draws.oneIn(2) ? end : "");
  if (format === "jsonl")
    return ended(
      rows.map(
        (cells) => `{${cells.map((cell, i) => `${JSON.stringify(columns[i])}:${JSON.stringify(cell)}`).join()}}`,
      ),
    );
  if (format === "arff") {
    const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
    const isPlain = (text: string): boolean => /^[\w.-]+$/.test(text);
    const head = ["@relation t", ...columns.map((name) => `@attribute ${quoted(name)} string`), "@data"];
    const value = (text: string): string => (text === "" ? "?" : isPlain(text) && draws.oneIn(2) ? text : quoted(text));
    return ended([...head, ...rows.map((cells) => cells.map(value).join(draws.of([",", ", "])))]);
  }
  const separator = draws.of([",", ";", "\t"]);
  const isSpecial = (text: string): boolean => /["\n\r,;\t]/.test(text);
  const value = (text: string): string =>
    isSpecial(text) || draws.oneIn(9) ? `"${text.replaceAll('"', '""')}"` : text;
  return ended([columns, ...rows].map((cells) => cells.map(value).join(separator)));
}
