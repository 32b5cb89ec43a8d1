import { UserError } from "../../errors.ts";
import { allocate, type Data, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { Arena } from "../../plan/memory.ts";
import type { Heap } from "../engine/heap.ts";

const PAGE = 65536;

/** The kernels' memory, handed out in pieces that start at multiples of 64 bytes. Grows when it must. */
export class WasmHeap implements Heap {
  #memory: WebAssembly.Memory | undefined;
  readonly #arena = new Arena();
  readonly #maximum: number;
  #base = 0;
  #f32: Float32Array;
  #i32: Int32Array;

  constructor(shared: boolean) {
    const [memory, maximum] = reserve(shared);
    this.#memory = memory;
    this.#maximum = maximum;
    this.#f32 = new Float32Array(memory.buffer);
    this.#i32 = new Int32Array(memory.buffer);
  }

  /** What the kernels are instantiated with. */
  get memory(): WebAssembly.Memory {
    if (!this.#memory) throw new Error("wasm: the heap was closed");
    return this.#memory;
  }

  get bytes(): number {
    return this.#f32.byteLength;
  }

  /** The collector frees it, once the kernels and their threads have let go of it too. */
  close(): void {
    this.#memory = undefined;
    this.#f32 = new Float32Array();
    this.#i32 = new Int32Array();
  }

  /** Nothing is handed out below this address. */
  startAt(address: number): void {
    this.#base = Math.ceil(address / 64) * 64;
  }

  /** Bytes → address. Throws UserError where the memory's limit of 4 GiB (or the engine's own) is reached. */
  take(bytes: number): number {
    const address = this.#base + this.#arena.take(Math.ceil(bytes / 4)) * 4;
    const end = address + bytes;
    const missing = end - this.f32.byteLength;
    if (missing > 0) {
      // Growing a shared memory is slow: take a quarter more than needed.
      const wanted = Math.max(missing, this.f32.byteLength / 4);
      if (!this.#grow(wanted) && !this.#grow(missing)) {
        this.give(address);
        throw new UserError(
          `wasm: ${(end / 2 ** 20).toFixed(0)} MiB of memory are needed, this engine gives at most ${(this.#maximum * PAGE) / 2 ** 20}; the reference backend has no such limit`,
        );
      }
    }
    return address;
  }

  /** False where the engine refuses. */
  #grow(bytes: number): boolean {
    try {
      this.memory.grow(Math.ceil(bytes / PAGE));
    } catch {
      return false;
    }
    this.#f32 = new Float32Array(this.memory.buffer);
    this.#i32 = new Int32Array(this.memory.buffer);
    return true;
  }

  give(address: number): void {
    this.#arena.give((address - this.#base) / 4);
  }

  put(address: number, data: Data): void {
    this.#check(address, data);
    if (data instanceof Int32Array) this.i32.set(data, address / 4);
    else this.f32.set(data, address / 4);
  }

  get(address: number, { shape, dtype }: Spec): Data {
    const copy = allocate(dtype, sizeOf(shape));
    this.fetch(address, copy);
    return copy;
  }

  fetch(address: number, data: Data): void {
    this.#check(address, data);
    const at = address / 4;
    data.set((data instanceof Int32Array ? this.i32 : this.f32).subarray(at, at + data.length));
  }

  /** Whatever lies below the first address that is handed out is the kernels' own. */
  #check(address: number, data: Data): void {
    if (!(address >= this.#base && address / 4 + data.length <= this.#f32.length))
      throw new Error(`wasm: ${data.length} numbers at ${address} lie outside of the heap`);
  }

  readonly pointerBytes = 4;

  point(table: number, index: number, address: number): void {
    this.i32[table / 4 + index] = address;
  }

  /** The whole memory as float32; another array when it has grown. */
  get f32(): Float32Array {
    return this.#f32;
  }

  get i32(): Int32Array {
    return this.#i32;
  }
}

/** Address space for up to 4 GiB (65,536 pages) where the engine grants it; only what is used takes memory. */
function reserve(shared: boolean): [memory: WebAssembly.Memory, maximum: number] {
  let refusal: unknown;
  for (const maximum of [65536, 32768, 16384, 8192]) {
    try {
      return [new WebAssembly.Memory({ initial: 256, maximum, shared }), maximum];
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}
