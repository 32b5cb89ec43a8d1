import { CorruptData } from "../inflate.ts";

/** Kinds of fields of Thrift's compact protocol. */
const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = Array.from(
  { length: 13 },
  (_, i) => i,
);
/** Structs within structs: Parquet has six. */
const DEEPEST = 16;

/**
 * Reads Thrift's compact protocol, in which Parquet's footer and the heads of its pages are written. Lists are read element by element, so that a
 * length is not believed before its elements are there. Throws CorruptData.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class Thrift {
  readonly #bytes: Uint8Array;
  #depth = 0;
  /** Where the next byte is. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Reads a struct; `read` is called with each field, and skips those that it doesn't read. */
  struct(read: (id: number, kind: number) => unknown, kind = STRUCT): void {
    if (kind !== STRUCT) throw unfit("a struct");
    if (++this.#depth > DEEPEST) throw new CorruptData("structs lie too deep in each other");
    for (let id = 0; ; ) {
      const head = this.#byte();
      const of = head & 15;
      if (of === STOP) break;
      id = head >> 4 === 0 ? this.#signed() : id + (head >> 4);
      const before = this.at;
      read(id, of);
      // A flag has no bytes of its own.
      if (this.at === before && of !== TRUE && of !== FALSE) this.#skip(of);
    }
    this.#depth--;
  }

  /** A whole number that a double holds. */
  int(kind: number): number {
    if (kind === BYTE) return (this.#byte() << 24) >> 24;
    if (kind !== I16 && kind !== I32 && kind !== I64) throw unfit("a whole number");
    return this.#signed();
  }

  flag(kind: number): boolean {
    if (kind !== TRUE && kind !== FALSE) throw unfit("a flag");
    return kind === TRUE;
  }

  text(kind: number): string {
    if (kind !== BINARY) throw unfit("a text");
    const length = this.#unsigned();
    const from = this.at;
    this.#pass(length);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(this.#bytes.subarray(from, this.at));
    } catch {
      throw new CorruptData("a name isn't UTF-8");
    }
  }

  /** What `read` gives for each struct, or each value, of a list. */
  list<Element>(kind: number, read: (kind: number) => Element): Element[] {
    if (kind !== LIST) throw unfit("a list");
    const { count, kind: of } = this.#listHead();
    const found: Element[] = [];
    for (let i = 0; i < count; i++) {
      const before = this.at;
      found.push(read(of));
      if (this.at === before) throw unfit("other elements");
    }
    return found;
  }

  #listHead(): { readonly count: number; readonly kind: number } {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#unsigned() : head >> 4;
    // Each element has a byte at least.
    if (count > this.#bytes.length - this.at) throw new CorruptData("a list is longer than the file");
    return { count, kind: head & 15 };
  }

  #skip(kind: number): void {
    if (kind === BYTE) this.#pass(1);
    else if (kind === I16 || kind === I32 || kind === I64) while (this.#byte() >= 128);
    else if (kind === DOUBLE) this.#pass(8);
    else if (kind === BINARY) this.#pass(this.#unsigned());
    else if (kind === STRUCT) this.struct(() => {});
    else if (kind === LIST || kind === SET) {
      const { count, kind: of } = this.#listHead();
      for (let i = 0; i < count; i++)
        if (of === TRUE || of === FALSE) this.#pass(1);
        else this.#skip(of);
    } else throw new CorruptData(kind === MAP ? "it holds a map" : `it holds a field of the unknown kind ${kind}`);
  }

  #byte(): number {
    if (this.at >= this.#bytes.length) throw new CorruptData("it ends within its description");
    return this.#bytes[this.at++]!;
  }

  #pass(length: number): void {
    if (length > this.#bytes.length - this.at) throw new CorruptData("it ends within its description");
    this.at += length;
  }

  #unsigned(): number {
    let [value, place] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      value += (byte & 127) * place;
      if (!Number.isSafeInteger(value)) throw new CorruptData("a number in its description is too large");
      if (byte < 128) return value;
      place *= 128;
    }
  }

  #signed(): number {
    const value = this.#unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

const unfit = (wanted: string): CorruptData => new CorruptData(`its description must have ${wanted} in some place`);
