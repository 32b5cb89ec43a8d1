import { UserError } from "../../errors.ts";
import { allocate, type Data, type DType, NdArray, type Shape, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import { plan } from "../../plan/planner.ts";
import { showPlan } from "../../plan/show.ts";
import type { Backend, BackendInfo, Executable, Program, Storage } from "../backend.ts";
import { encode } from "./encode.ts";
import { WasmHeap } from "./heap.ts";
import { loadModule, type Variant } from "./load.ts";
import { canShareMemory, processors, startWorker, type WorkerHandle } from "./workers.ts";

export interface WasmOptions {
  /** Threads in all, the calling one included; as many as the machine has processors when left out. */
  readonly threads?: number;
  /** False keeps to plain SIMD, whose results are the same on every processor. */
  readonly relaxed?: boolean;
}

const STACK = 1 << 20;
const MOST_THREADS = 16;
const MAY_BLOCK = 1;

/** The functions of the kernels; kernels/README.md says what they do. */
interface Kernels {
  readonly __heap_base: WebAssembly.Global;
  dispatch(program: number, bases: number, threads: number, flags: number): number;
  workers_ready(): number;
  set_scratch(tid: number, pointer: number): void;
  scratch_bytes(): number;
  status_pointer(): number;
  gemm_scratch_words(m: number, n: number, k: number): number;
  peak_fma(n: number): number;
  peak_muladd(n: number): number;
}

class WasmStorage implements Storage {
  readonly backend: WasmBackend;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly address: number;

  constructor(backend: WasmBackend, { shape, dtype }: Spec, address: number) {
    this.backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.address = address;
  }
}

/** Runs plans in WebAssembly: SIMD, threads where memory can be shared, one call a run. */
export class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly kernels: Kernels;
  readonly heap: WasmHeap;
  readonly #variant: Variant;
  #threads: number;
  readonly #note: string | undefined;
  readonly #workers: WorkerHandle[] = [];
  readonly #flags: number;
  readonly #freed = new FinalizationRegistry<number[]>((addresses) => {
    for (const address of addresses) this.heap.give(address);
  });
  #failure: unknown;

  private constructor(kernels: Kernels, heap: WasmHeap, variant: Variant, threads: number, note: string | undefined) {
    this.kernels = kernels;
    this.heap = heap;
    this.#variant = variant;
    this.#threads = threads;
    this.#note = note;
    // A browser's main thread must not wait: it spins instead.
    this.#flags = typeof (globalThis as { document?: unknown }).document === "undefined" ? MAY_BLOCK : 0;
  }

  static async start(options: WasmOptions): Promise<WasmBackend> {
    const { threads } = options;
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
      throw new UserError(`threads: must be a whole number from 1 to ${MOST_THREADS}, received ${threads}`);
    const shareable = canShareMemory();
    const wanted = threads ?? Math.min(MOST_THREADS, await processors());
    const count = shareable ? wanted : 1;
    const note =
      wanted > 1 && !shareable
        ? "one thread: this page is not cross-origin isolated, so workers cannot share memory"
        : undefined;
    const { module, variant } = await loadModule(shareable, options.relaxed ?? true);
    const heap = new WasmHeap(shareable);
    const instance = await WebAssembly.instantiate(module, { env: { memory: heap.memory } });
    const kernels = instance.exports as unknown as Kernels;
    heap.startAt(kernels.__heap_base.value as number);
    const backend = new WasmBackend(kernels, heap, variant, count, note);
    const scratch = kernels.scratch_bytes();
    for (let tid = 0; tid < count; tid++) {
      kernels.set_scratch(tid, heap.take(scratch));
      if (tid === 0) continue;
      const stack = heap.take(STACK) + STACK;
      const start = { module, memory: heap.memory, stack, tid };
      backend.#workers.push(
        await startWorker(start, (error) => {
          backend.#failure = error;
        }),
      );
    }
    return backend;
  }

  info(): BackendInfo {
    const relaxed = this.#variant.startsWith("relaxed");
    return {
      name: this.name,
      instructionSet: relaxed ? "WebAssembly SIMD with fused multiply-add (relaxed SIMD)" : "WebAssembly SIMD",
      threads: this.#threads,
      ...(this.#note && { note: this.#note }),
    };
  }

  allocate(spec: Spec): Storage {
    if (spec.dtype === "float64")
      throw new UserError("wasm: arrays are float32 or int32, received float64; the reference backend has float64");
    const address = this.heap.take(sizeOf(spec.shape) * 4);
    const storage = new WasmStorage(this, spec, address);
    this.#freed.register(storage, [address]);
    return storage;
  }

  write(storage: Storage, data: Data): void {
    this.put((storage as WasmStorage).address, data);
  }

  read(storage: Storage): Data {
    return this.get((storage as WasmStorage).address, storage);
  }

  put(address: number, data: Data): void {
    if (data instanceof Int32Array) this.heap.i32.set(data, address / 4);
    else this.heap.f32.set(data, address / 4);
  }

  get(address: number, { shape, dtype }: Spec): Data {
    const at = address / 4;
    const size = sizeOf(shape);
    const copy = allocate(dtype, size);
    copy.set((dtype === "int32" ? this.heap.i32 : this.heap.f32).subarray(at, at + size));
    return copy;
  }

  prepare(program: Program): Executable {
    const made = plan(program, { gemmScratch: (m, n, k) => this.kernels.gemm_scratch_words(m, n, k) });
    const executable = new WasmExecutable(this, made, program);
    this.#freed.register(executable, executable.addresses);
    return executable;
  }

  /** Runs a program; throws UserError for an index out of range. */
  dispatch(program: number, bases: number): void {
    if (this.#failure) throw new Error("wasm: a worker thread has failed", { cause: this.#failure });
    if (this.kernels.dispatch(program, bases, this.#threads, this.#flags) === 0) return;
    const [code, instruction, value] = this.heap.i32.subarray(
      this.kernels.status_pointer() / 4,
      this.kernels.status_pointer() / 4 + 3,
    );
    if (code === 1) throw new IndexOutOfRange(instruction!, value!);
    throw new Error(`wasm: the kernels report error ${code} at instruction ${instruction} (${value})`);
  }

  /** What is run afterwards runs on the calling thread alone: nobody waits for workers that are gone. */
  async close(): Promise<void> {
    this.#threads = 1;
    await Promise.all(this.#workers.splice(0).map((w) => w.end()));
  }
}

/** An index of a gather or scatter that names no row. */
class IndexOutOfRange extends Error {
  readonly instruction: number;
  readonly index: number;

  constructor(instruction: number, index: number) {
    super(`index ${index} is out of range`);
    this.instruction = instruction;
    this.index = index;
  }
}

class WasmExecutable implements Executable {
  /** Everything it took from the heap. */
  readonly addresses: number[] = [];
  readonly #backend: WasmBackend;
  readonly #plan: Plan;
  readonly #program: Program;
  readonly #words: number;
  readonly #bases: number;
  readonly #ownInputs: number[];

  constructor(backend: WasmBackend, made: Plan, program: Program) {
    this.#backend = backend;
    this.#plan = made;
    this.#program = program;
    const take = (elements: number): number => {
      try {
        this.addresses.push(backend.heap.take(elements * 4));
      } catch (error) {
        for (const address of this.addresses) backend.heap.give(address);
        throw error;
      }
      return this.addresses.at(-1)!;
    };
    const words = encode(made);
    this.#words = take(words.length);
    backend.put(this.#words, words);
    this.#bases = take(INPUTS + made.inputs.length);
    const constants = take(made.constantSize);
    for (const { offset, data } of made.constants) backend.put(constants + offset * 4, data.data);
    this.#ownInputs = program.inputs.map((x, i) => (x.resident ? 0 : take(sizeOf(made.inputs[i]!.shape))));
    backend.put(this.#bases, Int32Array.of(take(made.arena), constants, ...this.#ownInputs));
  }

  describe(): string {
    return showPlan(this.#plan, this.#program);
  }

  run(inputs: readonly (Storage | NdArray)[]): NdArray[] {
    const backend = this.#backend;
    const bases = this.#bases / 4;
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i]!;
      if (value instanceof WasmStorage) backend.heap.i32[bases + INPUTS + i] = value.address;
      else backend.put(this.#ownInputs[i]!, (value as NdArray).data);
    }
    try {
      backend.dispatch(this.#words, this.#bases);
    } catch (error) {
      throw error instanceof IndexOutOfRange ? this.#explain(error) : error;
    }
    return this.#plan.outputs.map(({ shape, dtype, at }) => {
      const base = backend.heap.i32[bases + at.buffer]!;
      return new NdArray(backend.get((base >>> 0) + at.offset * 4, { shape, dtype }), shape);
    });
  }

  #explain({ instruction, index }: IndexOutOfRange): UserError {
    const found = this.#plan.instructions[instruction];
    const rows = found && "rows" in found ? found.rows : 0;
    const name = found?.kind ?? "gather";
    return new UserError(`${name}: an index must be a whole number from 0 to ${rows - 1}, received ${index}`);
  }
}

/** Starts the WebAssembly backend. Throws UserError for a bad thread count, or an engine without SIMD. */
export const wasmBackend = (options: WasmOptions = {}): Promise<Backend> => WasmBackend.start(options);
