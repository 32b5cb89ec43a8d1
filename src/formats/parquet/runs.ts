import { CorruptData } from "../inflate.ts";

/** Bits of a number, at most, for arithmetic of 32 bits. */
const SMALL = 24;

/**
 * Small whole numbers in runs of one value, and in groups of eight of `width` bits each: Parquet's levels, and places in its dictionaries. They are read one after
 * another, so that no length is believed before its numbers are asked for. Throws CorruptData.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */
export class Runs {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #end: number;
  #at: number;
  /** Numbers that are left of a run, or of groups of bits. */
  #left = 0;
  #isRun = false;
  #value = 0;
  /** Bits that were read and not used, below 2⁴⁰. */
  #bits = 0;
  #count = 0;

  /** @param width bits of a number, 0..32 */
  constructor(bytes: Uint8Array, start: number, end: number, width: number) {
    if (width > 32) throw new CorruptData(`numbers must have at most 32 bits, they have ${width}`);
    [this.#bytes, this.#at, this.#end, this.#width] = [bytes, start, end, width];
  }

  /** The next number. */
  next(): number {
    // Of numbers without bits, runs may be missing.
    if (this.#width === 0) return 0;
    if (this.#left === 0) this.#begin();
    this.#left--;
    return this.#isRun ? this.#value : this.#packed();
  }

  #begin(): void {
    let head = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.#byte();
      head += (byte & 127) * place;
      if (head > 2 ** 32) throw new CorruptData("a run is too long");
      if (byte < 128) break;
    }
    this.#isRun = head % 2 === 0;
    this.#left = this.#isRun ? head / 2 : 8 * ((head - 1) / 2);
    if (this.#left === 0) throw new CorruptData("a run is empty");
    [this.#bits, this.#count] = [0, 0];
    if (!this.#isRun) return;
    this.#value = 0;
    for (let i = 0; 8 * i < this.#width; i++) this.#value += this.#byte() * 2 ** (8 * i);
  }

  #packed(): number {
    const width = this.#width;
    if (width > SMALL) return this.#wide();
    while (this.#count < width) {
      this.#bits |= this.#byte() << this.#count;
      this.#count += 8;
    }
    const value = this.#bits & ((1 << width) - 1);
    this.#bits >>>= width;
    this.#count -= width;
    return value;
  }

  /** The same of more bits than fit an integer of 32 bits with those that are left over: doubles hold them. */
  #wide(): number {
    const size = 2 ** this.#width;
    while (this.#count < this.#width) {
      this.#bits += this.#byte() * 2 ** this.#count;
      this.#count += 8;
    }
    const rest = Math.floor(this.#bits / size);
    const value = this.#bits - rest * size;
    this.#bits = rest;
    this.#count -= this.#width;
    return value;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new CorruptData("a page has fewer values than it says");
    return this.#bytes[this.#at++]!;
  }
}
