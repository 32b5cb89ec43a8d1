/** Hand-written programs on a built engine, wasm or native: for the kernels' own test and for measure.js. */
import { planLayout } from "../src/graph/pair-space.ts";
import { inputKinds, instructions, pairKinds, reductions, type TapeOp, tapeOps } from "../src/plan/codes.ts";
import { type Host, NativeHost, WasmHost } from "./hosts.ts";

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
  /** Temporaries that hold one value for each row. */
  columns?: number;
  keys?: { buffer: number; offset?: number }[];
  /** [op, dst, a, b, c]: registers are inputs, outputs, temps, columns in this order. */
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

function tapeWords({ inputs = [], outputs, temps = 0, columns = 0, keys = [], ops }: Tape): number[] {
  return [
    ...[inputs.length, outputs.length, temps, columns, keys.length, ops.length],
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

export function topK([rows, length, k]: [number, number, number], from: number, to: number): number[] {
  return instruction(instructions.TOP_K, [rows, length, k, from, 0, to, 0]);
}

export function kthLargest([rows, length, k]: [number, number, number], from: number, to: number): number[] {
  return instruction(instructions.KTH_LARGEST, [rows, length, k, from, 0, to, 0]);
}

export function foldKey(key: number, data: number, out: number, count = 1, steps = [0, 0]): number[] {
  return instruction(instructions.FOLD_KEY, [count, ...steps, key, 0, data, 0, out, 0]);
}

/** Examples, blocks, units of a block, and numbers of a unit's row of weights. */
export interface BlocksSize {
  examples: number;
  blocks: number;
  units: number;
  depth: number;
}

/** Words of a routing plan; what it holds is in README.md. */
export const planWords = (examples: number, blocks: number): number => planLayout(examples, blocks).words;

/** A plan that is dense from more than `denseAbove` pairs on. */
export function routing(
  { examples, blocks }: Pick<BlocksSize, "examples" | "blocks">,
  denseAbove: number,
  gates: number,
  plan: number,
): number[] {
  return instruction(instructions.ROUTING, [examples, blocks, denseAbove, gates, 0, plan, 0]);
}

/** TO_BLOCKS of x, or FROM_BLOCKS of c; `packed` has room for the GEMM of a dense plan. */
export function blockProduct(
  kind: "TO_BLOCKS" | "FROM_BLOCKS",
  { examples, blocks, units, depth }: BlocksSize,
  at: { plan: number; from: number; weights: number; out: number; packed: number },
): number[] {
  const { plan, from, weights, out, packed } = at;
  const places = [plan, from, weights, out, packed].flatMap((buffer) => [buffer, 0]);
  return instruction(instructions[kind], [examples, blocks, units, depth, ...places]);
}

export function blocksGradient(
  { examples, blocks, units, depth }: BlocksSize,
  at: { plan: number; x: number; c: number; packed: number },
  skipsClosed: boolean,
  tape: Tape,
): number[] {
  const places = [at.plan, at.x, at.c, at.packed].flatMap((buffer) => [buffer, 0]);
  const size = [examples, blocks, units, depth];
  return instruction(instructions.BLOCKS_GRADIENT, [...size, ...places, Number(skipsClosed), ...tapeWords(tape)]);
}

export function pairs(
  kind: keyof typeof pairKinds,
  [examples, blocks, width]: [number, number, number],
  at: { plan: number; from: number; to: number },
): number[] {
  const places = [at.plan, at.from, at.to].flatMap((buffer) => [buffer, 0]);
  return instruction(instructions.PAIRS, [pairKinds[kind], examples, blocks, width, ...places]);
}

/** ELEMENTWISE over at most limit[0] · perRow of the first dimension. */
export function limitedElementwise(limit: number, perRow: number, dims: number[], tape: Tape): number[] {
  const shape = [dims.length, ...dims];
  return instruction(instructions.LIMITED_ELEMENTWISE, [limit, 0, perRow, ...shape, ...tapeWords(tape)]);
}

const POINTERS = 1024;

/** A program's memory and a built engine to run it. A variant is a wasm file's name, or "native" and an instruction set. */
export class Engine {
  readonly host: Host;
  readonly threads: number;
  readonly #bases: number;
  #pointers: number[] = [];
  #top = 0;
  readonly #start: number;

  constructor(variant: string, threads = 1, megabytes = 64) {
    const [kind, set] = variant.split(" ");
    this.host =
      kind === "native" ? new NativeHost(set!, threads, megabytes) : new WasmHost(variant, threads, megabytes);
    this.threads = threads;
    this.#bases = this.take(POINTERS * this.host.pointerBytes);
    this.#start = this.#top;
  }

  async ready(): Promise<this> {
    while (this.host.workersReady() < this.threads - 1) await new Promise((resolve) => setTimeout(resolve, 1));
    return this;
  }

  close(): Promise<void> {
    return this.host.close();
  }

  /** Forgets all buffers. */
  clear(): void {
    this.#top = this.#start;
    this.#pointers = [];
  }

  /** So many bytes, as an address. */
  take(bytes: number): number {
    const at = Math.ceil(this.#top / 64) * 64;
    this.#top = at + bytes;
    if (this.#top > this.host.size) throw new Error("harness: out of memory");
    return this.host.start + at;
  }

  /** A new buffer's number. */
  buffer(words: number): number {
    const index = this.#pointers.push(this.take(4 * words)) - 1;
    const entry = this.#bytesAt(this.#bases + index * this.host.pointerBytes);
    const view = new DataView(this.host.buffer);
    const pointer = this.#pointers[index]!;
    view.setUint32(entry, pointer % 2 ** 32, true);
    if (this.host.pointerBytes === 8) view.setUint32(entry + 4, Math.floor(pointer / 2 ** 32), true);
    return index;
  }

  #bytesAt(address: number): number {
    return address - this.host.start + this.host.offset;
  }
  floats(buffer: number, words: number): Float32Array {
    return new Float32Array(this.host.buffer, this.#bytesAt(this.#pointers[buffer]!), words);
  }
  ints(buffer: number, words: number): Int32Array {
    return new Int32Array(this.host.buffer, this.#bytesAt(this.#pointers[buffer]!), words);
  }
  pointer(buffer: number): number {
    return this.#pointers[buffer]!;
  }
  of(values: ArrayLike<number>, kind: "float" | "int" = "float"): number {
    const buffer = this.buffer(values.length);
    (kind === "float" ? this.floats(buffer, values.length) : this.ints(buffer, values.length)).set(values);
    return buffer;
  }

  /** Puts a program into memory; calling the result runs it. */
  load(...list: number[][]): (threads?: number, flags?: number) => number {
    const words = [0, list.length, ...list.flat()];
    words[0] = words.length;
    const at = this.take(4 * words.length);
    new Int32Array(this.host.buffer, this.#bytesAt(at), words.length).set(words);
    return (threads = this.threads, flags = 1) => this.host.dispatch(at, this.#bases, threads, flags);
  }

  status(): number[] {
    return this.host.status();
  }
}
