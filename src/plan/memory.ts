const ALIGN = 16; // elements: 64 bytes

/** One wrong size would spoil every later place. */
function checked(elements: number): number {
  if (Number.isSafeInteger(elements) && elements >= 0) return elements;
  throw new Error(`memory: no place for ${elements} elements`);
}

const rounded = (elements: number): number => Math.max(ALIGN, Math.ceil(elements / ALIGN) * ALIGN);

/** Hands out places and takes them back; sizes and offsets are in elements. */
export interface Places {
  /** Elements needed in all. */
  readonly size: number;
  /** Scratch is what only the way of computing needs. */
  take(elements: number, isScratch?: boolean): number;
  give(offset: number): void;
}

interface Block {
  offset: number;
  size: number;
}

/** First fit over a list sorted by offset. */
export class Arena implements Places {
  readonly #free: Block[] = [];
  readonly #used = new Map<number, { readonly size: number; readonly live: number }>();
  /** Elements needed in all. */
  size = 0;
  #live = 0;
  /** The most elements that were in use at once, without scratch and gaps. */
  most = 0;

  /** True where nothing is taken. */
  get isEmpty(): boolean {
    return this.#used.size === 0;
  }

  /** Like `take`, unless the arena would have to be larger than `limit` for it. */
  takeWithin(elements: number, limit: number): number | undefined {
    const size = rounded(elements);
    const last = this.#free.at(-1);
    const end = last && last.offset + last.size === this.size ? last.offset : this.size;
    if (end + size > limit && !this.#free.some((block) => block.size >= size)) return undefined;
    return this.take(elements);
  }

  take(elements: number, isScratch = false): number {
    const size = rounded(checked(elements));
    const at = this.#free.findIndex((block) => block.size >= size);
    let offset: number;
    if (at >= 0) {
      const block = this.#free[at]!;
      offset = block.offset;
      block.offset += size;
      block.size -= size;
      if (block.size === 0) this.#free.splice(at, 1);
    } else {
      const last = this.#free.at(-1);
      if (last && last.offset + last.size === this.size) {
        offset = last.offset;
        this.#free.pop();
      } else offset = this.size;
      this.size = offset + size;
    }
    const live = isScratch ? 0 : elements;
    this.#used.set(offset, { size, live });
    this.#live += live;
    this.most = Math.max(this.most, this.#live);
    return offset;
  }

  give(offset: number): void {
    const { size, live } = this.#used.get(offset)!;
    this.#used.delete(offset);
    this.#live -= live;
    const blocks = this.#free;
    let at = blocks.findIndex((block) => block.offset > offset);
    if (at < 0) at = blocks.length;
    const before = blocks[at - 1];
    const after = blocks[at];
    const joinsBefore = before && before.offset + before.size === offset;
    const joinsAfter = after && offset + size === after.offset;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      blocks.splice(at, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsAfter) {
      after.offset = offset;
      after.size += size;
    } else blocks.splice(at, 0, { offset, size });
  }
}

/**
 * Places for arrays of the same number of rows, of which each thread works on some, threads being at different instructions: what one array has of a
 * row must not be what another one has of another row. So a place is used again for an array of the same size only.
 */
export class RowPlaces implements Places {
  readonly #free = new Map<number, number[]>();
  readonly #used = new Map<number, number>();
  size = 0;

  take(elements: number): number {
    const again = this.#free.get(checked(elements))?.pop();
    const offset = again ?? this.size;
    if (again === undefined) this.size += rounded(elements);
    this.#used.set(offset, elements);
    return offset;
  }

  give(offset: number): void {
    const elements = this.#used.get(offset)!;
    this.#used.delete(offset);
    this.#free.set(elements, [...(this.#free.get(elements) ?? []), offset]);
  }
}
