import { UserError } from "../../errors.ts";
import { allocate, type Data, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { checkMemory } from "../../graph/size.ts";
import { Arena } from "../../plan/memory.ts";
import type { Heap } from "../engine/heap.ts";

const LINE = 64;
/** Slabs grow with what is in use, between these bounds; what is larger has a slab of its own. */
const SMALLEST_SLAB = 4 * 2 ** 20;
const USUAL_SLAB = 64 * 2 ** 20;

/** One ArrayBuffer, cut into pieces. The collector frees it when its heap has let go of it. */
interface Slab {
  readonly start: number;
  readonly bytes: number;
  readonly arena: Arena;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
}

/** Memory outside of JavaScript's own heap that both sides can reach, in slabs that are never moved. */
export class NativeHeap implements Heap {
  readonly pointerBytes = 8;
  readonly #addressOf: (buffer: ArrayBuffer) => number;
  #slabs: Slab[] = [];
  #recent: Slab | undefined;

  /** `addressOf` gives the address of an ArrayBuffer's first byte. */
  constructor(addressOf: (buffer: ArrayBuffer) => number) {
    this.#addressOf = addressOf;
  }

  /** Bytes in all slabs. */
  get bytes(): number {
    return this.#slabs.reduce((sum, slab) => sum + slab.bytes, 0);
  }

  take(bytes: number): number {
    const elements = Math.max(1, Math.ceil(bytes / 4));
    for (const slab of this.#slabs) {
      const at = slab.arena.takeWithin(elements, slab.bytes / 4);
      if (at !== undefined) return slab.start + at * 4;
    }
    const slab = this.#grow(elements * 4);
    return slab.start + slab.arena.take(elements) * 4;
  }

  #grow(needed: number): Slab {
    const usual = Math.min(USUAL_SLAB, Math.max(SMALLEST_SLAB, this.bytes));
    const bytes = Math.ceil(Math.max(needed, usual) / LINE) * LINE;
    checkMemory("native: the arrays and intermediate results", bytes);
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBuffer(bytes + LINE);
    } catch {
      throw new UserError(
        `native: ${(bytes / 2 ** 20).toFixed(0)} MiB of memory are needed beside the ${(this.bytes / 2 ** 20).toFixed(0)} MiB in use, and the system refuses them`,
      );
    }
    const address = this.#addressOf(buffer);
    const skipped = Math.ceil(address / LINE) * LINE - address;
    const slab: Slab = {
      start: address + skipped,
      bytes,
      arena: new Arena(),
      f32: new Float32Array(buffer, skipped, bytes / 4),
      i32: new Int32Array(buffer, skipped, bytes / 4),
      u32: new Uint32Array(buffer, skipped, bytes / 4),
    };
    this.#slabs.push(slab);
    return slab;
  }

  /** A slab that is empty afterwards goes, unless it is the first. */
  give(address: number): void {
    const slab = this.#slabOf(address);
    slab.arena.give((address - slab.start) / 4);
    if (!slab.arena.isEmpty || slab === this.#slabs[0]) return;
    this.#slabs = this.#slabs.filter((other) => other !== slab);
    this.#recent = undefined;
  }

  close(): void {
    this.#slabs = [];
    this.#recent = undefined;
  }

  #slabOf(address: number): Slab {
    const recent = this.#recent;
    if (recent && address >= recent.start && address < recent.start + recent.bytes) return recent;
    const found = this.#slabs.find((slab) => address >= slab.start && address < slab.start + slab.bytes);
    if (!found) throw new Error(`native: no slab holds the address ${address}`);
    this.#recent = found;
    return found;
  }

  put(address: number, data: Data): void {
    const slab = this.#slabOf(address);
    const at = (address - slab.start) / 4;
    if (data instanceof Int32Array) slab.i32.set(data, at);
    else slab.f32.set(data, at);
  }

  get(address: number, { shape, dtype }: Spec): Data {
    const copy = allocate(dtype, sizeOf(shape));
    this.fetch(address, copy);
    return copy;
  }

  fetch(address: number, data: Data): void {
    const slab = this.#slabOf(address);
    const at = (address - slab.start) / 4;
    const from = data instanceof Int32Array ? slab.i32 : slab.f32;
    if (!(at + data.length <= from.length))
      throw new Error(`native: ${data.length} numbers at ${address} overrun a slab`);
    data.set(from.subarray(at, at + data.length));
  }

  point(table: number, index: number, address: number): void {
    const slab = this.#slabOf(table);
    const at = (table - slab.start) / 4 + 2 * index;
    slab.u32[at] = address % 2 ** 32;
    slab.u32[at + 1] = Math.floor(address / 2 ** 32);
  }
}
