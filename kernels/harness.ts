/** Runs hand-written programs on a built engine: for the kernels' own test and for measure.js. */
import { readFileSync } from "node:fs";
import v8 from "node:v8";
import { Worker } from "node:worker_threads";
import { inputKinds, instructions, reductions, type TapeOp, tapeOps } from "../src/plan/codes.ts";

export type Variant = "simd" | "relaxed" | "simd-single" | "relaxed-single";

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

export interface Operand {
  buffer: number;
  offset?: number;
  strides: number[];
}
export type Input = Operand | { immediate: number; integer?: boolean } | "result";

export interface Tape {
  inputs?: Input[];
  outputs: Operand[];
  temps?: number;
  keys?: { buffer: number; offset?: number }[];
  /** [op, dst, a, b, c]: registers are inputs, outputs, temps in this order. */
  ops: [TapeOp, number, number?, number?, number?][];
}

export interface Matrix {
  buffer: number;
  offset?: number;
  /** batch, row, column */
  strides: [number, number, number];
}

const bits = new DataView(new ArrayBuffer(4));
function immediateBits(value: number, integer: boolean): number {
  if (integer) return value | 0;
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

function operandWords({ buffer, offset = 0, strides }: Operand): number[] {
  return [buffer, offset, ...strides];
}

function tapeWords({ inputs = [], outputs, temps = 0, keys = [], ops }: Tape): number[] {
  return [
    ...[inputs.length, outputs.length, temps, keys.length, ops.length],
    ...inputs.flatMap((input) => {
      if (input === "result") return [inputKinds.RESULT];
      if ("immediate" in input) return [inputKinds.IMMEDIATE, immediateBits(input.immediate, input.integer ?? false)];
      return [inputKinds.OPERAND, ...operandWords(input)];
    }),
    ...outputs.flatMap(operandWords),
    ...keys.flatMap(({ buffer, offset = 0 }) => [buffer, offset]),
    ...ops.flatMap(([op, dst, a = 0, b = 0, c = 0]) => [tapeOps[op], dst, a, b, c]),
  ];
}

function instruction(code: number, payload: number[]): number[] {
  return [code, payload.length + 2, ...payload];
}

export function elementwise(dims: number[], tape: Tape): number[] {
  return instruction(instructions.ELEMENTWISE, [dims.length, ...dims, ...tapeWords(tape)]);
}

export function gemm(
  size: [number, number, number, number],
  a: Matrix,
  b: Matrix,
  packed: number,
  tape: Tape,
): number[] {
  const matrix = ({ buffer, offset = 0, strides }: Matrix) => [buffer, offset, ...strides];
  return instruction(instructions.GEMM, [...size, ...matrix(a), ...matrix(b), packed, 0, ...tapeWords(tape)]);
}

export function reduce(
  kind: keyof typeof reductions,
  integer: boolean,
  [outer, length, inner]: [number, number, number],
  from: number,
  to: number,
): number[] {
  return instruction(instructions.REDUCE, [reductions[kind], Number(integer), outer, length, inner, from, 0, to, 0]);
}

export function indexed(
  kind: "GATHER" | "SCATTER_ADD",
  [rows, count, inner]: [number, number, number],
  source: number,
  index: number,
  out: number,
): number[] {
  return instruction(instructions[kind], [rows, count, inner, source, 0, index, 0, out, 0]);
}

export function foldKey(key: number, data: number, out: number): number[] {
  return instruction(instructions.FOLD_KEY, [key, 0, data, 0, out, 0]);
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

export class Engine {
  readonly exports: Exports;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly #module: WebAssembly.Module;
  readonly #workers: Worker[] = [];
  readonly #bases: number;
  #buffers = 0;
  #top: number;
  readonly #start: number;

  constructor(variant: Variant, threads = 1, megabytes = 64) {
    if (variant.startsWith("relaxed")) enableRelaxed();
    const bytes = readFileSync(new URL(`../src/backends/wasm/${variant}.wasm`, import.meta.url));
    this.#module = new WebAssembly.Module(bytes);
    this.memory = variant.endsWith("single")
      ? new WebAssembly.Memory({ initial: megabytes * 16 })
      : new WebAssembly.Memory({ initial: megabytes * 16, maximum: 65536, shared: true });
    const instance = new WebAssembly.Instance(this.#module, { env: { memory: this.memory } });
    this.exports = instance.exports as unknown as Exports;
    this.threads = threads;
    this.#top = this.exports.__heap_base.value;
    this.#bases = this.take(4096);
    for (let thread = 0; thread < threads; thread++)
      this.exports.set_scratch(thread, this.take(this.exports.scratch_bytes()));
    for (let thread = 1; thread < threads; thread++) {
      const stack = this.take(STACK_BYTES) + STACK_BYTES;
      const workerData = { module: this.#module, memory: this.memory, stack, thread };
      this.#workers.push(new Worker(workerSource, { eval: true, workerData }));
    }
    this.#start = this.#top;
  }

  async ready(): Promise<this> {
    while (this.exports.workers_ready() < this.threads - 1) await new Promise((resolve) => setTimeout(resolve, 1));
    return this;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Forgets all buffers. */
  clear(): void {
    this.#top = this.#start;
    this.#buffers = 0;
  }

  take(bytes: number): number {
    const at = Math.ceil(this.#top / 64) * 64;
    this.#top = at + bytes;
    if (this.#top > this.memory.buffer.byteLength) throw new Error("harness: out of memory");
    return at;
  }

  /** A new buffer's number. */
  buffer(words: number): number {
    new Int32Array(this.memory.buffer, this.#bases, 1024)[this.#buffers] = this.take(4 * words);
    return this.#buffers++;
  }

  #pointer(buffer: number): number {
    return new Int32Array(this.memory.buffer, this.#bases, 1024)[buffer]!;
  }
  floats(buffer: number, words: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.#pointer(buffer), words);
  }
  ints(buffer: number, words: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#pointer(buffer), words);
  }
  pointer(buffer: number): number {
    return this.#pointer(buffer);
  }
  of(values: ArrayLike<number>, kind: "float" | "int" = "float"): number {
    const buffer = this.buffer(values.length);
    (kind === "float" ? this.floats(buffer, values.length) : this.ints(buffer, values.length)).set(values);
    return buffer;
  }

  /** Puts a program into memory; calling the result runs it. */
  load(...list: number[][]): (threads?: number) => number {
    const words = [0, list.length, ...list.flat()];
    words[0] = words.length;
    const at = this.take(4 * words.length);
    new Int32Array(this.memory.buffer, at, words.length).set(words);
    return (threads = this.threads) => this.exports.dispatch(at, this.#bases, threads, 1);
  }

  status(): number[] {
    return [...new Int32Array(this.memory.buffer, this.exports.status_pointer(), 4)];
  }
}
