import { type Column, MISSING, NUMBER, type Table } from "./table.ts";

/** Rows that are there before, cell by cell. */
export interface Repeats {
  /** Rows that are equal to one before them. */
  readonly rows: number;
  /** The first of them: its line, and that of the row that it repeats. */
  readonly first?: readonly [line: number, before: number];
  /** Rows whose inputs are those of another row with another target; 0 without a target. */
  readonly conflicts: number;
  /** Two such rows. */
  readonly firstConflict?: readonly [line: number, before: number];
}

/** Equal rows, with columns of ids set aside, and rows with equal inputs and different targets. All rows are compared. */
export function repeatsOf({ columns, rows, lines }: Table, ids: ReadonlySet<string>, target?: string): Repeats {
  const read = columns.filter(({ name }) => !ids.has(name));
  const whole = new Groups(read, rows);
  let repeated = 0;
  let first: readonly [number, number] | undefined;
  for (let row = 0; row < rows; row++) {
    const before = whole.firstLike(row);
    if (before === row) continue;
    repeated++;
    first ??= [lines[row]!, lines[before]!];
  }
  const aim = columns.find(({ name }) => name === target);
  const inputs = read.filter((column) => column !== aim);
  if (!aim || inputs.length === 0) return { rows: repeated, ...(first && { first }), conflicts: 0 };
  return { rows: repeated, ...(first && { first }), ...conflictsOf(new Groups(inputs, rows), aim, rows, lines) };
}

function conflictsOf(groups: Groups, aim: Column, rows: number, lines: Int32Array) {
  const sizes = new Int32Array(rows);
  const isMixed = new Uint8Array(rows);
  let firstConflict: readonly [number, number] | undefined;
  for (let row = 0; row < rows; row++) {
    // A target that is missing is no other one.
    if (codeAt(aim, row) === MISSING) continue;
    const before = groups.firstLike(row);
    sizes[before]!++;
    if (sameCell(aim, row, before)) continue;
    isMixed[before] = 1;
    firstConflict ??= [lines[row]!, lines[before]!];
  }
  let conflicts = 0;
  for (let row = 0; row < rows; row++) if (isMixed[row] === 1) conflicts += sizes[row]!;
  return { conflicts, ...(firstConflict && { firstConflict }) };
}

const codeAt = ({ codes }: Column, row: number): number => (codes ? codes[row]! : NUMBER);

function sameCell(column: Column, a: number, b: number): boolean {
  const code = codeAt(column, a);
  return code === codeAt(column, b) && (code !== NUMBER || column.values![a] === column.values![b]);
}

/** Finds for each row the first one that was asked for and has equal cells. */
class Groups {
  readonly #columns: readonly Column[];
  readonly #hashes: Int32Array;
  readonly #slots: Int32Array;

  constructor(columns: readonly Column[], rows: number) {
    this.#columns = columns;
    this.#hashes = hashesOf(columns, rows);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * rows + 2))).fill(-1);
  }

  firstLike(row: number): number {
    const mask = this.#slots.length - 1;
    const hash = this.#hashes[row]!;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const other = this.#slots[slot]!;
      if (other < 0) {
        this.#slots[slot] = row;
        return row;
      }
      // Equal hashes only propose: the cells decide.
      if (this.#hashes[other] === hash && this.#columns.every((column) => sameCell(column, row, other))) return other;
    }
  }
}

/** A hash of each row's cells. [rows] */
function hashesOf(columns: readonly Column[], rows: number): Int32Array {
  const hashes = new Int32Array(rows).fill(0x811c9dc5 | 0);
  const number = new Float64Array(1);
  const words = new Int32Array(number.buffer);
  for (const { values, codes } of columns)
    for (let row = 0; row < rows; row++) {
      const code = codes ? codes[row]! : NUMBER;
      let hash = hashes[row]!;
      if (code === NUMBER) {
        // −0 is 0.
        number[0] = values![row]! + 0;
        hash = Math.imul(Math.imul(hash ^ words[0]!, 0x01000193) ^ words[1]!, 0x85ebca6b);
      } else hash = Math.imul(hash ^ (code === MISSING ? 0x5bd1e995 : code), 0x01000193);
      hashes[row] = hash ^ (hash >>> 15);
    }
  return hashes;
}
