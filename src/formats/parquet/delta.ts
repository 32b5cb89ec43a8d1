import { CorruptData } from "../inflate.ts";

/**
 * Whole numbers by their differences, packed in blocks of few bits (DELTA_BINARY_PACKED). Throws CorruptData.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
 */
export class Deltas {
  readonly #bytes: Uint8Array;
  readonly #isLong: boolean;
  #at: number;
  readonly #perMini: number;
  readonly #minis: number;
  /** How many numbers there are. */
  readonly count: number;
  #given = 0;
  #value: bigint;
  #least = 0n;
  #widths: readonly number[] = [];
  #mini = 0;
  /** Numbers that are left of a miniblock. */
  #left = 0;
  #bits = 0n;
  #held = 0;

  /** @param isLong whether numbers have 64 bits and not 32 */
  constructor(bytes: Uint8Array, at: number, isLong: boolean) {
    [this.#bytes, this.#at, this.#isLong] = [bytes, at, isLong];
    const block = Number(this.#unsigned());
    this.#minis = Number(this.#unsigned());
    this.count = Number(this.#unsigned());
    this.#value = this.#signed();
    this.#perMini = block / this.#minis;
    if (!(block % 128 === 0 && block > 0 && block <= 2 ** 20 && this.#perMini % 32 === 0 && this.#perMini > 0))
      throw new CorruptData(`a block of differences can't have ${block} numbers in ${this.#minis} parts`);
  }

  /** The next number. */
  next(): bigint {
    if (this.#given++ === 0) return this.#value;
    if (this.#given > this.count) throw new CorruptData("a page has fewer values than it says");
    if (this.#left === 0) this.#begin();
    this.#left--;
    const sum = this.#value + this.#least + this.#packed(this.#widths[this.#mini]!);
    this.#value = BigInt.asIntN(this.#isLong ? 64 : 32, sum);
    return this.#value;
  }

  /** Where the numbers end, once all are read. The last miniblock is there as a whole. */
  end(): number {
    const width = this.#widths[this.#mini] ?? 0;
    const rest = Math.floor((this.#left * width - this.#held) / 8);
    return this.#at + Math.max(0, rest);
  }

  #begin(): void {
    if (this.#widths.length === 0 || this.#mini === this.#minis - 1) {
      this.#least = this.#signed();
      this.#widths = Array.from({ length: this.#minis }, () => this.#byte());
      if (this.#widths.some((width) => width > 64)) throw new CorruptData("differences must have at most 64 bits");
      this.#mini = 0;
    } else this.#mini++;
    this.#left = this.#perMini;
    [this.#bits, this.#held] = [0n, 0];
  }

  #packed(width: number): bigint {
    while (this.#held < width) {
      this.#bits |= BigInt(this.#byte()) << BigInt(this.#held);
      this.#held += 8;
    }
    const value = BigInt.asUintN(width, this.#bits);
    this.#bits >>= BigInt(width);
    this.#held -= width;
    return value;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new CorruptData("a page has fewer values than it says");
    return byte;
  }

  #unsigned(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      if (shift > 63n) throw new CorruptData("a number is too large");
    }
  }

  #signed(): bigint {
    const value = this.#unsigned();
    return (value >> 1n) ^ -(value & 1n);
  }
}
