import { UserError } from "../errors.ts";

/** Texts that are kept as they are; of further ones only a hash is. */
const MOST_TEXTS = 2 ** 16;

const FIRST_SIZE = 16;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Numbers the different texts of a column in the order of their first occurrence. Texts are compared by a hash of 64 bits: of a million different
 * ones, two share a hash with a probability of 3e-8.
 */
export class Dictionary {
  readonly #file: string;
  #slots = new Int32Array(2 * FIRST_SIZE).fill(-1);
  #low = new Int32Array(FIRST_SIZE);
  #high = new Int32Array(FIRST_SIZE);
  /** How many different texts there are. */
  size = 0;
  /** The first 65,536 of them. */
  readonly texts: string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** The number of the text in these bytes. Throws UserError where they aren't UTF-8. */
  code(bytes: Uint8Array, start: number, end: number): number {
    let [low, high] = [0x811c9dc5 | 0, 0x9747b28c | 0];
    for (let at = start; at < end; at++) {
      low = Math.imul(low ^ bytes[at]!, 0x01000193);
      high = Math.imul(high ^ bytes[at]!, 0x85ebca6b);
      high ^= high >>> 13;
    }
    const mask = this.#slots.length - 1;
    for (let slot = (low ^ (low >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found < 0) return this.#add(slot, low, high, bytes.subarray(start, end));
      if (this.#low[found] === low && this.#high[found] === high) return found;
    }
  }

  /** The hashes of all texts by their numbers: equal texts of two dictionaries have equal ones. */
  get hashes(): readonly [low: Int32Array, high: Int32Array] {
    return [this.#low.subarray(0, this.size), this.#high.subarray(0, this.size)];
  }

  #add(slot: number, low: number, high: number, text: Uint8Array): number {
    const code = this.size++;
    if (code === this.#low.length) this.#grow();
    this.#low[code] = low;
    this.#high[code] = high;
    if (code < MOST_TEXTS) this.texts.push(this.#decoded(text));
    if (2 * this.size > this.#slots.length) this.#rehash();
    else this.#slots[slot] = code;
    return code;
  }

  #decoded(text: Uint8Array): string {
    try {
      return decoder.decode(text);
    } catch {
      throw new UserError(`data: ${this.#file} must be text in UTF-8, it is something else`);
    }
  }

  #grow(): void {
    const [low, high] = [new Int32Array(2 * this.#low.length), new Int32Array(2 * this.#low.length)];
    low.set(this.#low);
    high.set(this.#high);
    [this.#low, this.#high] = [low, high];
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length).fill(-1);
    const mask = slots.length - 1;
    for (let code = 0; code < this.size; code++) {
      const low = this.#low[code]!;
      let slot = (low ^ (low >>> 15)) & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = code;
    }
    this.#slots = slots;
  }
}
