import { UserError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { checkThreads, EngineBackend, MAY_BLOCK, MOST_THREADS } from "../engine/engine.ts";
import type { Kernels } from "../engine/heap.ts";
import { processors } from "../processors.ts";
import { WasmHeap } from "./heap.ts";
import { type Loaded, loadModule, loadModuleAtOnce } from "./load.ts";
import type { WasmOptions } from "./options.ts";
import { canShareMemory, startWorker, type WorkerHandle } from "./workers.ts";

const STACK = 1 << 20;
const USUAL_THREADS = 16;

/** The functions of the kernels; kernels/README.md says what they do. */
export interface Exports extends WebAssembly.Exports {
  readonly __heap_base: WebAssembly.Global;
  dispatch(program: number, bases: number, threads: number, flags: number): number;
  workers_ready(): number;
  set_scratch(tid: number, pointer: number): void;
  scratch_bytes(): number;
  status_pointer(): number;
  gemm_scratch_words(m: number, n: number, k: number): number;
}

/** Runs plans in WebAssembly: SIMD, threads where memory can be shared. */
export class WasmBackend extends EngineBackend {
  declare readonly heap: WasmHeap;
  readonly #workers: WorkerHandle[] = [];

  static async start(options: WasmOptions): Promise<WasmBackend> {
    checkThreads(options.threads);
    const loaded = await loadModule({ ...options, shared: canShareMemory() });
    const heap = new WasmHeap(loaded.shared);
    const instance = await WebAssembly.instantiate(loaded.module, imports(heap)).catch(mismatch(loaded));
    return WasmBackend.#on(loaded, heap, instance, options);
  }

  /** The same without waiting, which browsers don't allow. Throws UserError where the kernels don't lie on a disk too. */
  static startAtOnce(options: WasmOptions): WasmBackend {
    checkThreads(options.threads);
    const loaded = loadModuleAtOnce({ ...options, shared: canShareMemory() });
    const heap = new WasmHeap(loaded.shared);
    return WasmBackend.#on(loaded, heap, new WebAssembly.Instance(loaded.module, imports(heap)), options);
  }

  static #on(loaded: Loaded, heap: WasmHeap, instance: WebAssembly.Instance, options: WasmOptions): WasmBackend {
    const { module, shared } = loaded;
    const wanted = options.threads ?? Math.min(USUAL_THREADS, processors());
    const count = shared ? Math.min(wanted, MOST_THREADS) : 1;
    const exports = instance.exports as Exports;
    heap.startAt(exports.__heap_base.value as number);
    const notes = [options.note, wanted > 1 && !shared && alone(loaded), loaded.note].filter(Boolean);
    const backend = new WasmBackend({
      name: "wasm",
      kernels: kernelsOf(exports, heap),
      heap,
      // A browser's main thread must not wait: it spins instead.
      flags: typeof (globalThis as { document?: unknown }).document === "undefined" ? MAY_BLOCK : 0,
      info: {
        instructionSet: instructionSet(loaded),
        threads: count,
        ...(notes.length > 0 && { note: notes.join("; ") }),
      },
    });
    const scratch = exports.scratch_bytes();
    for (let tid = 0; tid < count; tid++) {
      exports.set_scratch(tid, heap.take(scratch));
      if (tid === 0) continue;
      const start = { module, memory: heap.memory, stack: heap.take(STACK) + STACK, tid };
      backend.#workers.push(startWorker(start, (error) => backend.fail(error)));
    }
    return backend;
  }

  protected async end(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((w) => w.end()));
  }
}

const imports = (heap: WasmHeap) => ({ env: { memory: heap.memory } });

/** A file under the name of another build asks for another kind of memory. */
const mismatch =
  ({ variant }: Loaded) =>
  (error: Error): never => {
    throw new UserError(`wasm backend: ${variant}.wasm isn't the build that its name tells: ${error.message}`);
  };

const alone = ({ variant }: Loaded): string =>
  canShareMemory()
    ? `one thread: ${variant}.wasm has no others`
    : "one thread: this page is not cross-origin isolated, so workers cannot share memory";

function kernelsOf(exports: Exports, heap: WasmHeap): Kernels {
  return {
    kind: "wasm",
    dispatch: exports.dispatch,
    gemmScratch: exports.gemm_scratch_words,
    status() {
      const at = exports.status_pointer() / 4;
      const [code, instruction, value] = heap.i32.subarray(at, at + 3);
      return { code: code!, instruction: instruction!, value: value! };
    },
  };
}

function instructionSet({ variant, revectorized }: Loaded): string {
  if (!variant.startsWith("relaxed")) return "WebAssembly SIMD";
  const details = [
    "relaxed SIMD",
    revectorized && "revectorised to 256 bits",
    variant === "relaxed-wide" && "6×16 tile",
  ];
  return `WebAssembly SIMD with fused multiply-add (${details.filter(Boolean).join(", ")})`;
}

/** Starts the WebAssembly backend. Throws UserError for a bad option, or an engine without SIMD. */
export const wasmBackend = (options: WasmOptions = {}): Promise<Backend> => WasmBackend.start(options);
