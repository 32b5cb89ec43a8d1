/** The two ways to run the kernels, alike: a wasm module and the native add-on. Plain, and synchronous to start. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import v8 from "node:v8";
import { Worker } from "node:worker_threads";
import type { Addon, EngineHandle } from "../src/backends/native/load.ts";
import { mayRevectorize, revectorize } from "../src/backends/wasm/revectorize.ts";

export interface Host {
  /** The memory for buffers and programs: its first address, where that is in `buffer`, and bytes. */
  readonly start: number;
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly size: number;
  readonly pointerBytes: 4 | 8;
  dispatch(program: number, bases: number, threads: number, flags: number): number;
  workersReady(): number;
  status(): number[];
  gemmScratchWords(m: number, n: number, k: number): number;
  /** Whether it runs with the flag for AMX. */
  allowAmx(): boolean;
  philox(counter: number, key: number, out: number): void;
  peakFma(n: number): number;
  peakMuladd(n: number): number;
  close(): Promise<void>;
}

interface Exports {
  dispatch(program: number, bases: number, threads: number, flags: number): number;
  workers_ready(): number;
  set_scratch(thread: number, pointer: number): void;
  scratch_bytes(): number;
  status_pointer(): number;
  gemm_scratch_words(m: number, n: number, k: number): number;
  philox(counter: number, key: number, out: number): void;
  peak_fma(n: number): number;
  peak_muladd(n: number): number;
  __heap_base: { value: number };
}

/** Node 20 has relaxed SIMD behind a flag; later versions have it on and warn about the flag. */
function enableRelaxed(): void {
  if (Number(process.versions.node.split(".")[0]) < 22) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
}

const workerSource = `
  const { workerData } = require("node:worker_threads");
  const { module, memory, stack, thread } = workerData;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.worker_main(thread);
`;

const STACK_BYTES = 1 << 17;

export class WasmHost implements Host {
  readonly start: number;
  readonly offset: number;
  readonly pointerBytes = 4;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #workers: Worker[] = [];

  /** `variant` is the name of a file in src/backends/wasm/. */
  constructor(variant: string, threads: number, megabytes: number) {
    if (variant.startsWith("relaxed")) enableRelaxed();
    const folder = process.env.HEAVISIDE_WASM_DIR;
    const file = folder
      ? `${folder}/${variant}.wasm`
      : new URL(`../src/backends/wasm/${variant}.wasm`, import.meta.url);
    const bytes = readFileSync(file);
    const module = new WebAssembly.Module(bytes);
    if (variant === "relaxed-wide" && mayRevectorize()) revectorize(module, v8);
    const memory = variant.endsWith("single")
      ? new WebAssembly.Memory({ initial: megabytes * 16 })
      : new WebAssembly.Memory({ initial: megabytes * 16, maximum: 65536, shared: true });
    this.#memory = memory;
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    let top = Math.ceil(this.#exports.__heap_base.value / 64) * 64;
    for (let thread = 0; thread < threads; thread++) {
      this.#exports.set_scratch(thread, top);
      top += Math.ceil(this.#exports.scratch_bytes() / 64) * 64;
    }
    for (let thread = 1; thread < threads; thread++) {
      top += STACK_BYTES;
      this.#workers.push(new Worker(workerSource, { eval: true, workerData: { module, memory, stack: top, thread } }));
    }
    this.start = top;
    this.offset = top;
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }
  get size(): number {
    return this.#memory.buffer.byteLength - this.start;
  }
  dispatch(program: number, bases: number, threads: number, flags: number): number {
    return this.#exports.dispatch(program, bases, threads, flags);
  }
  workersReady(): number {
    return this.#exports.workers_ready();
  }
  status(): number[] {
    return [...new Int32Array(this.#memory.buffer, this.#exports.status_pointer(), 3)];
  }
  gemmScratchWords(m: number, n: number, k: number): number {
    return this.#exports.gemm_scratch_words(m, n, k);
  }
  allowAmx(): boolean {
    return false;
  }
  philox(counter: number, key: number, out: number): void {
    this.#exports.philox(counter, key, out);
  }
  peakFma(n: number): number {
    return this.#exports.peak_fma(n);
  }
  peakMuladd(n: number): number {
    return this.#exports.peak_muladd(n);
  }
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

export class NativeHost implements Host {
  readonly start: number;
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly size: number;
  readonly pointerBytes = 8;
  readonly #addon: Addon;
  readonly #engine: EngineHandle;

  constructor(set: string, threads: number, megabytes: number) {
    const file = process.env.HEAVISIDE_NATIVE ?? "../native/build/heaviside.node";
    this.#addon = createRequire(import.meta.url)(file);
    this.#engine = this.#addon.create(set, threads)!;
    this.buffer = new ArrayBuffer(megabytes * 2 ** 20);
    const address = this.#addon.address(this.buffer);
    this.start = Math.ceil(address / 64) * 64;
    this.offset = this.start - address;
    this.size = this.buffer.byteLength - this.offset;
  }

  dispatch(program: number, bases: number, threads: number, flags: number): number {
    return this.#addon.dispatch(this.#engine, program, bases, threads, flags);
  }
  workersReady(): number {
    return this.#addon.workersReady(this.#engine);
  }
  status(): number[] {
    return this.#addon.status(this.#engine);
  }
  gemmScratchWords(m: number, n: number, k: number): number {
    return this.#addon.gemmScratch(this.#engine, m, n, k);
  }
  allowAmx(): boolean {
    return this.#addon.allowAmx(this.#engine);
  }
  philox(counter: number, key: number, out: number): void {
    this.#addon.philox(this.#engine, counter, key, out);
  }
  peakFma(n: number): number {
    return this.#addon.peakFma(this.#engine, n);
  }
  peakMuladd(n: number): number {
    return this.#addon.peakMuladd(this.#engine, n);
  }
  async close(): Promise<void> {
    this.#addon.close(this.#engine);
  }
}
