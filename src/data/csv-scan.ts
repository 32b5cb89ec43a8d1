import { UserError } from "../errors.ts";
import { show } from "../rules.ts";

/** The cells of one line of a table, as places in bytes that are valid until the next line is read. */
export interface Cells {
  /** Where the line begins in the file (from 1). */
  line: number;
  /** How many cells it has. */
  count: number;
  bytes: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
  /** 1 where the cell holds doubled quotes, which stand for one. */
  doubled: Uint8Array;
}

const [LF, CR, QUOTE, TAB, COMMA, SEMICOLON] = [10, 13, 34, 9, 44, 59];
/** A line of a streamed file that is longer than this many bytes has a quote that isn't closed. */
const LONGEST_LINE = 2 ** 24;

/**
 * Finds the cells of a table in bytes that come piece by piece: RFC 4180's commas and quotes, or tabs or semicolons in place of commas, whichever
 * the first line has; lines end with LF or CRLF. Throws UserError, naming file and line, for a quote that isn't closed and for what
 * follows a closing quote.
 */
export class CsvScanner {
  readonly #file: string;
  readonly #onLine: (cells: Cells) => void;
  #separator = -1;
  #line = 1;
  #rest: Uint8Array = new Uint8Array(0);
  readonly #cells: Cells = {
    ...{ line: 1, count: 0, bytes: new Uint8Array(0) },
    ...{ starts: new Int32Array(32), ends: new Int32Array(32), doubled: new Uint8Array(32) },
  };

  /** @param onLine called with each line; the cells are overwritten by the next one */
  constructor(file: string, onLine: (cells: Cells) => void) {
    this.#file = file;
    this.#onLine = onLine;
  }

  /** Reads as many lines as are complete. The bytes may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#read(joined(this.#rest, chunk), false);
    if (this.#rest.length > LONGEST_LINE)
      throw new UserError(
        `data: ${this.#file}, line ${this.#line}: a line must have at most 16 MiB; a quote may be opened here and not closed`,
      );
  }

  /** Reads what is left: the last line needs no line end. */
  end(): void {
    this.whole(this.#rest);
  }

  /** Reads a table that is there as a whole. */
  whole(bytes: Uint8Array): void {
    this.#read(bytes, true);
  }

  #read(bytes: Uint8Array, last: boolean): void {
    let at = 0;
    if (this.#separator < 0) this.#separator = separatorOf(bytes, last) ?? -1;
    this.#cells.bytes = bytes;
    while (this.#separator >= 0 && at < bytes.length) {
      const next = this.#lineAt(bytes, at, last);
      if (next < 0) break;
      this.#onLine(this.#cells);
      at = next;
    }
    this.#rest = bytes.slice(at);
  }

  /** Finds the cells of one line and gives where the next one begins; −1 where its end isn't there yet. */
  #lineAt(bytes: Uint8Array, from: number, last: boolean): number {
    const [cells, separator, length] = [this.#cells, this.#separator, bytes.length];
    let [at, line, count] = [from, this.#line, 0];
    for (;;) {
      if (count === cells.starts.length) grow(cells);
      cells.doubled[count] = 0;
      if (bytes[at] === QUOTE) {
        const end = this.#quoteEnd(bytes, at, last, count, line);
        if (end < 0 || (!last && end + 2 >= length)) return -1;
        cells.starts[count] = at + 1;
        cells.ends[count] = end;
        for (let i = at; i < end; i++) if (bytes[i] === LF) line++;
        at = end + 1;
        this.#checkEnd(bytes, at, line);
      } else {
        let end = at;
        while (end < length && bytes[end] !== separator && bytes[end] !== LF) end++;
        if (end === length && !last) return -1;
        cells.starts[count] = at;
        cells.ends[count] = bytes[end] === LF && end > at && bytes[end - 1] === CR ? end - 1 : end;
        at = end;
      }
      count++;
      if (at >= length || bytes[at] !== separator) break;
      at++;
      if (at === length && !last) return -1;
    }
    cells.line = this.#line;
    cells.count = count;
    this.#line = line + 1;
    return at + (bytes[at] === CR ? 2 : 1);
  }

  /** Where the quote closes that is opened at `from`; −1 where its end isn't there yet. */
  #quoteEnd(bytes: Uint8Array, from: number, last: boolean, cell: number, line: number): number {
    let end = from + 1;
    for (;;) {
      end = bytes.indexOf(QUOTE, end);
      if (end < 0 && last)
        throw new UserError(`data: ${this.#file}, line ${line}: a quote is opened here and not closed`);
      if (end < 0 || bytes[end + 1] !== QUOTE) return end;
      this.#cells.doubled[cell] = 1;
      end += 2;
    }
  }

  #checkEnd(bytes: Uint8Array, at: number, line: number): void {
    const next = bytes[at];
    if (next === undefined || next === this.#separator || next === LF) return;
    if (next === CR && bytes[at + 1] === LF) return;
    const text = new TextDecoder().decode(bytes.subarray(at, at + 40)).slice(0, 10);
    throw new UserError(
      `data: ${this.#file}, line ${line}: after a closing quote the cell must end, received ${show(text)}`,
    );
  }
}

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
};

function grow(cells: Cells): void {
  const length = 2 * cells.starts.length;
  const larger = <T extends Int32Array | Uint8Array>(into: T, from: T): T => {
    into.set(from);
    return into;
  };
  cells.starts = larger(new Int32Array(length), cells.starts);
  cells.ends = larger(new Int32Array(length), cells.ends);
  cells.doubled = larger(new Uint8Array(length), cells.doubled);
}

/** The character between cells: of tab, comma and semicolon the first that the first line has, outside of quotes. Undefined: its end isn't there. */
function separatorOf(bytes: Uint8Array, last: boolean): number | undefined {
  const found = new Set<number>();
  let quoted = false;
  for (let at = 0; ; at++) {
    if (at >= bytes.length && !last) return undefined;
    if (at >= bytes.length || (bytes[at] === LF && !quoted)) break;
    if (bytes[at] === QUOTE) quoted = !quoted;
    else if (!quoted) found.add(bytes[at]!);
  }
  return [TAB, COMMA, SEMICOLON].find((candidate) => found.has(candidate)) ?? COMMA;
}
