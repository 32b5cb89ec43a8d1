import { hasDecimalComma } from "../data/csv.ts";
import type { Cells } from "../formats/parquet/parquet.ts";
import { isMissing, LONGEST_MISSING } from "../tables/missing.ts";
import { Dictionary } from "./dictionary.ts";
import { numberIn } from "./number-in.ts";

/** Codes of cells that hold no text. */
export const [NUMBER, MISSING] = [-2, -1];

/** Bytes of a number with a comma at most. */
const LONGEST_NUMBER = 40;
const COMMA = 44;
/** Words whose codes are kept. */
const MOST_WORDS = 2 ** 16;

function hasComma(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === COMMA) return true;
  return false;
}

/** The cells of a column: numbers, texts by number, and those that are missing. */
export interface Column {
  readonly name: string;
  /** [rows], NaN where a cell is no number; absent where none is. */
  readonly values?: Float64Array;
  /** [rows], a text's place in `texts`, or NUMBER or MISSING; absent where all cells are numbers. */
  readonly codes?: Int32Array;
  /** The different texts, in the order in which they come. Of more than 65,536 the first. */
  readonly texts: readonly string[];
  /** How many different texts there are. */
  readonly distinctTexts: number;
  /** Hashes of all texts, by which those of two tables are compared. */
  readonly hashes: readonly [low: Int32Array, high: Int32Array];
  /** How missing cells are spelled, other than empty. */
  readonly missingAs: readonly string[];
  /** Cells that are numbers with a comma where a point must be. */
  readonly commas: number;
}

/** A table as typed arrays. */
export interface Table {
  readonly file: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** [rows], where each begins in the file: its line, or its row where there are no lines (from 1). */
  readonly lines: Int32Array;
  /** What `lines` counts. */
  readonly places: "line" | "row";
  /** Lines that aren't rows, since they are empty or have another number of cells: how many, and the first ones. */
  readonly skipped: { readonly count: number; readonly lines: readonly number[] };
  /** Columns without a name or with one that another has; they are called column 3, or name (2). */
  readonly renamed: readonly string[];
}

/** Collects the cells of a column, row by row. */
export class ColumnBuilder implements Cells {
  readonly #dictionary: Dictionary;
  #values: Float64Array | undefined;
  #codes: Int32Array | undefined;
  #room = 16;
  #rows = 0;
  #commas = 0;
  readonly #missingAs = new Set<string>();
  /** Codes of words, so that each is encoded once. */
  readonly #words = new Map<string, number>();

  constructor(file: string) {
    this.#dictionary = new Dictionary(file);
  }

  /** Adds a cell: bytes from `start` to before `end`, without spaces around it. A text that spells a number is one. */
  text(bytes: Uint8Array, start: number, end: number): void {
    const row = this.#next();
    if (start === end) this.#setCode(row, MISSING);
    else {
      const value = numberIn(bytes, start, end);
      // What is beyond the largest double is no number to compute with.
      if (Number.isFinite(value)) this.#setNumber(row, value);
      else this.#addText(row, bytes, start, end);
    }
  }

  /** Adds a number. NaN is missing, and infinity is text. */
  number(value: number): void {
    if (Number.isFinite(value)) this.#setNumber(this.#next(), value);
    else this.word(String(value));
  }

  /** Adds a cell without a value. */
  missing(): void {
    this.#setCode(this.#next(), MISSING);
  }

  /** Adds a text that is no number, whatever it spells. */
  word(text: string): void {
    const row = this.#next();
    const known = this.#words.get(text);
    if (known !== undefined) this.#setCode(row, known);
    else {
      const bytes = new TextEncoder().encode(text);
      this.#addText(row, bytes, 0, bytes.length);
      if (this.#words.size < MOST_WORDS) this.#words.set(text, this.#codes![row]!);
    }
  }

  /** How many cells there are. */
  get rows(): number {
    return this.#rows;
  }

  #next(): number {
    if (this.#rows === this.#room) this.#grow();
    return this.#rows++;
  }

  #addText(row: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const mayBe = length <= LONGEST_MISSING || (length <= LONGEST_NUMBER && hasComma(bytes, start, end));
    const text = mayBe ? String.fromCharCode(...bytes.subarray(start, end)) : "";
    if (text !== "" && isMissing(text)) {
      this.#missingAs.add(text);
      this.#setCode(row, MISSING);
    } else if (hasDecimalComma(text)) {
      this.#commas++;
      this.#setNumber(row, Number(text.replace(",", ".")));
    } else this.#setCode(row, this.#dictionary.code(bytes, start, end));
  }

  #setNumber(row: number, value: number): void {
    this.#values ??= new Float64Array(this.#room).fill(Number.NaN);
    this.#values[row] = value;
  }

  #setCode(row: number, code: number): void {
    this.#codes ??= new Int32Array(this.#room).fill(NUMBER);
    this.#codes[row] = code;
  }

  #grow(): void {
    this.#room *= 2;
    if (this.#values) {
      const values = new Float64Array(this.#room).fill(Number.NaN, this.#rows);
      values.set(this.#values);
      this.#values = values;
    }
    if (this.#codes) {
      const codes = new Int32Array(this.#room).fill(NUMBER, this.#rows);
      codes.set(this.#codes);
      this.#codes = codes;
    }
  }

  /** The column, once all rows are there. */
  column(name: string): Column {
    const [rows, values, codes] = [this.#rows, this.#values, this.#codes];
    return {
      ...{ name, texts: this.#dictionary.texts, distinctTexts: this.#dictionary.size, commas: this.#commas },
      ...(values && { values: values.subarray(0, rows) }),
      ...(codes && { codes: codes.subarray(0, rows) }),
      ...{ missingAs: [...this.#missingAs].sort(), hashes: this.#dictionary.hashes },
    };
  }
}

/** Some rows of a table, in the order of `rows`. */
export function rowsOfTable(table: Table, rows: Int32Array): Table {
  return {
    ...{ ...table, rows: rows.length, lines: rows.map((row) => table.lines[row]!) },
    columns: table.columns.map(({ values, codes, ...column }) => ({
      ...column,
      ...(values && { values: Float64Array.from(rows, (row) => values[row]!) }),
      ...(codes && { codes: rows.map((row) => codes[row]!) }),
    })),
  };
}
