import type { Csv } from "../../src/data/csv.ts";

/**
 * The table in these bytes by the simplest reader that there can be, written from the formats' descriptions and not from ours; undefined where it must be refused.
 */
export function simplyRead(bytes: Uint8Array, format: "csv" | "arff" | "jsonl"): Csv | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (!Buffer.from(text, "utf8").equals(Buffer.from(bytes))) return undefined;
  return readers[format](isMarked ? text.slice(1) : text);
}

function simpleCsv(text: string): Csv | undefined {
  const separator = separatorIn(text);
  const all: { line: number; cells: string[] }[] = [];
  for (let [at, line] = [0, 1]; at < text.length; ) {
    const row = { line, cells: [] as string[] };
    for (;;) {
      let cell = "";
      if (text[at] === '"') {
        // Up to a quote that has no other behind it.
        const found = /^"((?:[^"]|"")*)"(?!")/.exec(text.slice(at));
        if (!found) return undefined;
        cell = found[1]!.replaceAll('""', '"');
        at += found[0].length;
        line += found[1]!.split("\n").length - 1;
        if (!(at === text.length || text[at] === separator || text[at] === "\n" || text.startsWith("\r\n", at)))
          return undefined;
      } else {
        const end = endOf(text, at, separator);
        cell = text.slice(at, end);
        at = end;
        if (text[at] === "\n") cell = cell.replace(/\r$/, "");
      }
      row.cells.push(cell);
      if (text[at] !== separator) break;
      at++;
    }
    if (text.startsWith("\r\n", at)) at += 2;
    else if (text[at] === "\n") at++;
    line++;
    all.push(row);
  }
  const [head, ...lines] = all;
  if (!head) return undefined;
  const columns = head.cells.map((name) => name.trim());
  if (columns.includes("") || new Set(columns).size < columns.length) return undefined;
  const fits = lines.every(
    ({ cells }) => cells.length === columns.length && !(columns.length > 1 && cells.length === 1),
  );
  return fits ? { columns, lines } : undefined;
}

function endOf(text: string, from: number, separator: string): number {
  let end = from;
  while (end < text.length && text[end] !== separator && text[end] !== "\n") end++;
  return end;
}

/** Of tab, comma and semicolon the first that the first line has outside of quotes. */
function separatorIn(text: string): string {
  let [quoted, first] = [false, ""];
  for (const character of text) {
    if (character === "\n" && !quoted) break;
    if (character === '"') quoted = !quoted;
    else if (!quoted) first += character;
  }
  return ["\t", ",", ";"].find((candidate) => first.includes(candidate)) ?? ",";
}

function simpleJsonLines(text: string): Csv | undefined {
  const rows: { line: number; names: string[]; cells: Map<string, string> }[] = [];
  for (const [i, content] of text.split("\n").entries()) {
    if (content.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch {
      return undefined;
    }
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    const told = (of: unknown): string => (of === null ? "" : typeof of === "string" ? of : JSON.stringify(of));
    const cells = new Map(Object.entries(value).map(([name, of]) => [name, typeof of === "number" ? String(of) : told(of)])); // biome-ignore format: one line
    rows.push({ line: i + 1, names: [...cells.keys()], cells });
  }
  const columns = rows.flatMap(({ names }) => names).filter((name, i, all) => all.indexOf(name) === i);
  if (columns.length === 0) return undefined;
  return { columns, lines: rows.map(({ line, cells }) => ({ line, cells: columns.map((name) => cells.get(name) ?? "") })) }; // biome-ignore format: one line
}

function simpleArff(text: string): Csv | undefined {
  const columns: string[] = [];
  const lines: { line: number; cells: string[] }[] = [];
  let inData = false;
  for (const [i, whole] of text.split("\n").entries()) {
    const content = whole.trim();
    if (content === "" || content[0] === "%") continue;
    if (inData) {
      const cells = content[0] === "{" ? undefined : simpleCells(content);
      if (cells?.length !== columns.length) return undefined;
      lines.push({ line: i + 1, cells });
      continue;
    }
    const [keyword = ""] = content.toLowerCase().split(/\b/).slice(0, 2).join("").match(/^@\w+/) ?? [];
    if (keyword === "@data") inData = true;
    else if (keyword === "@attribute") {
      const rest = content.slice(keyword.length);
      if (!/^\s/.test(rest)) return undefined;
      const [name, after] = nameIn(rest.trimStart());
      if (name === undefined || after.trim() === "" || columns.includes(name)) return undefined;
      columns.push(name);
    } else if (keyword !== "@relation") return undefined;
  }
  return columns.length > 0 && inData ? { columns, lines } : undefined;
}

/** A text in quotes, with what follows it; undefined where the quote isn't closed. */
function quotedIn(text: string): readonly [string | undefined, string] {
  let content = "";
  for (let at = 1; at < text.length; at++) {
    if (text[at] === text[0]) return [content, text.slice(at + 1)];
    if (text[at] === "\\") at++;
    content += text[at] ?? "";
  }
  return [undefined, text];
}

function nameIn(text: string): readonly [string | undefined, string] {
  if (text[0] === "'" || text[0] === '"') {
    return quotedIn(text);
  }
  const [plain] = /^[^\s{]+(?=[\s{])/.exec(text) ?? [];
  return [plain, text.slice(plain?.length ?? 0)];
}

function simpleCells(content: string): string[] {
  const cells: string[] = [];
  for (let rest: string | undefined = content; rest !== undefined; ) {
    const begun: string = rest.trimStart();
    const [quoted, after]: readonly [string | undefined, string] =
      begun[0] === "'" || begun[0] === '"' ? quotedIn(begun) : [undefined, begun];
    const end: string | undefined = quoted === undefined ? undefined : after.trimStart();
    if (quoted !== undefined && (end === "" || end![0] === ",")) {
      cells.push(quoted);
      rest = end === "" ? undefined : end!.slice(1);
      continue;
    }
    const comma = rest.indexOf(",");
    const plain = (comma < 0 ? rest : rest.slice(0, comma)).trim();
    cells.push(plain === "?" ? "" : plain);
    rest = comma < 0 ? undefined : rest.slice(comma + 1);
  }
  return cells;
}

const readers = { csv: simpleCsv, arff: simpleArff, jsonl: simpleJsonLines };
