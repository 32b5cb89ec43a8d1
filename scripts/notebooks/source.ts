// A notebook's source is a page of Markdown. Each block of TypeScript is a cell of code, the text between two blocks is a cell of text.
import { escapeXml } from "../../src/plots/escape.ts";

/**
 * What a block of code is: a cell that runs, the place for a student's answer, the check of that answer, a solution, which is only shown,
 * or a claim, which no student sees: it throws where what the text says of the cells before does not hold.
 */
export type Kind = "code" | "answer" | "check" | "solution" | "claim";

/** A piece of a page. */
export interface Piece {
  readonly kind: "text" | Kind;
  /** Its lines, without the fence. */
  readonly text: string;
  /** The line of the page that it begins in, from 1. */
  readonly line: number;
}

/** A cell as a notebook holds it. */
export interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly id: string;
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: readonly string[];
  readonly execution_count?: null;
  readonly outputs?: readonly [];
}

/** A notebook, format 4.5. */
export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: object;
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
}

const kinds: readonly string[] = ["answer", "check", "solution", "claim"] satisfies Kind[];

/** The pieces of a page in order. Throws where a block of TypeScript has a kind that doesn't exist, or has no end. */
export function piecesOf(page: string): Piece[] {
  const lines = page.split("\n");
  const pieces: Piece[] = [];
  let from = 0;
  const push = (kind: Piece["kind"], start: number, end: number): void => {
    const text = lines.slice(start, end).join("\n").trim();
    if (text !== "") pieces.push({ kind, text, line: start + 1 });
  };
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```ts(?: (.*))?$/.exec(lines[i]!);
    if (!fence) continue;
    const [, kind = "code"] = fence;
    if (kind !== "code" && !kinds.includes(kind))
      throw new Error(`line ${i + 1}: a block is ts, or ts with one of ${kinds.join(", ")}, received ${kind}`);
    const end = lines.indexOf("```", i);
    if (end < 0) throw new Error(`line ${i + 1}: the block has no end`);
    push("text", from, i);
    push(kind as Kind, i + 1, end);
    i = end;
    from = end + 1;
  }
  push("text", from, lines.length);
  return pieces;
}

/** Marks the cells that only `checkedNotebook` has. */
export const ADDED = "added";

const sourceOf = (text: string): string[] => text.split(/(?<=\n)/);
const codeCell = (id: string, text: string, tags?: readonly string[]): Cell => ({
  ...{ cell_type: "code", execution_count: null, id, metadata: tags ? { tags } : {}, outputs: [] },
  source: sourceOf(text),
});

const tagsOf = (kind: Kind): string[] | undefined => (kind === "code" ? undefined : [kind === "claim" ? ADDED : kind]);

/** Text and solutions that follow each other are one cell: a solution is a block within the text. */
function cellsOf(pieces: readonly Piece[]): Cell[] {
  const cells: Cell[] = [];
  let text: string[] = [];
  const id = (): string => `cell-${cells.length + 1}`;
  const flush = (): void => {
    if (text.length > 0)
      cells.push({ cell_type: "markdown", id: id(), metadata: {}, source: sourceOf(text.join("\n\n")) });
    text = [];
  };
  for (const piece of pieces) {
    if (piece.kind === "text") text.push(piece.text);
    // Within <details> nbconvert takes all for HTML.
    else if (piece.kind === "solution") text.push(`<pre><code>${escapeXml(piece.text)}</code></pre>`);
    else {
      flush();
      cells.push(codeCell(id(), piece.text, tagsOf(piece.kind)));
    }
  }
  flush();
  return cells;
}

const notebookOf = (cells: readonly Cell[]): Notebook => ({
  cells,
  metadata: {
    kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
    language_info: { file_extension: ".ts", mimetype: "text/x.typescript", name: "typescript" },
  },
  nbformat: 4,
  nbformat_minor: 5,
});

/** The notebook of a page, without outputs. */
export const notebookFrom = (page: string): Notebook =>
  notebookOf(cellsOf(piecesOf(page).filter(({ kind }) => kind !== "claim")));

/**
 * The notebook with its claims, with each solution behind its exercise, and with the exercise's check once more: those cells are tagged as
 * added. Throws where a solution doesn't follow an answer and its check.
 */
export function checkedNotebook(page: string): Notebook {
  const pieces = piecesOf(page);
  const code = pieces.filter(({ kind }) => kind !== "text");
  const solved = code.flatMap((piece, i) => {
    if (piece.kind !== "solution") return [];
    const [answer, check] = [code[i - 2], code[i - 1]];
    if (answer?.kind !== "answer" || check?.kind !== "check")
      throw new Error(`line ${piece.line}: a solution follows a block "ts answer" and a block "ts check"`);
    return [{ after: check, solution: piece }];
  });
  const cells = cellsOf(pieces).flatMap((cell) => {
    if (!cell.metadata.tags?.includes("check")) return [cell];
    const found = solved.find(({ after }) => after.text === cell.source.join(""));
    if (!found) throw new Error(`the check "${cell.source[0]?.trim()}" has no solution behind it`);
    return [
      cell,
      codeCell(`${cell.id}-solution`, found.solution.text, [ADDED]),
      codeCell(`${cell.id}-solved`, found.after.text, [ADDED]),
    ];
  });
  return notebookOf(cells);
}
