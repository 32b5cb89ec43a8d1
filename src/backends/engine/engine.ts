import { UserError } from "../../errors.ts";
import { type Data, type DType, NdArray, type Shape, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import { plan } from "../../plan/planner.ts";
import { showPlan } from "../../plan/show.ts";
import { KIND } from "../../rules.ts";
import type { Backend, BackendInfo, Executable, PlanOptions, Program, Storage } from "../backend.ts";
import { encode } from "./encode.ts";
import type { Heap, Kernels } from "./heap.ts";

/** More threads than this are never used: the size of the kernels' control block. */
export const MOST_THREADS = 64;
/** A dispatch's flag: the calling thread may sleep while it waits for others. */
export const MAY_BLOCK = 1;
/** Large matrix products round their operands to bfloat16. */
export const BFLOAT16 = 2;
/** They are multiplied by AMX, which the process must have been allowed to use. */
export const AMX = 4;

/** Throws UserError for anything but a whole number of threads, or none given. */
export function checkThreads(threads: number | undefined): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw new UserError(`threads: must be a whole number from 1 to ${MOST_THREADS}, received ${threads}`);
}

class EngineStorage implements Storage {
  readonly backend: EngineBackend;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly address: number;

  constructor(backend: EngineBackend, { shape, dtype }: Spec, address: number) {
    this.backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.address = address;
  }
}

/** How an engine was started. */
export interface Engine {
  readonly name: string;
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly flags: number;
  readonly info: Omit<BackendInfo, "name">;
}

/** A backend whose programs are run by the kernels of `kernels/`: one call a run, on all threads. */
export abstract class EngineBackend implements Backend {
  declare readonly [KIND]: "backend";
  readonly name: string;
  readonly heap: Heap;
  protected readonly kernels: Kernels;
  readonly #info: BackendInfo;
  readonly #flags: number;
  #threads: number;
  #failure: unknown;
  readonly #freed = new FinalizationRegistry<number[]>((addresses) => {
    for (const address of addresses) this.heap.give(address);
  });

  protected constructor({ name, kernels, heap, flags, info }: Engine) {
    this.name = name;
    this.kernels = kernels;
    this.heap = heap;
    this.#flags = flags;
    this.#info = { name, ...info };
    this.#threads = info.threads;
  }

  info(): BackendInfo {
    return this.#info;
  }

  allocate(spec: Spec): Storage {
    if (spec.dtype === "float64")
      throw new UserError(
        `${this.name}: arrays are float32 or int32, received float64; the reference backend has float64`,
      );
    const address = this.heap.take(sizeOf(spec.shape) * 4);
    const storage = new EngineStorage(this, spec, address);
    this.#freed.register(storage, [address]);
    return storage;
  }

  write(storage: Storage, data: Data): void {
    this.heap.put((storage as EngineStorage).address, data);
  }

  read(storage: Storage): Data {
    return this.heap.get((storage as EngineStorage).address, storage);
  }

  prepare(program: Program, options?: PlanOptions): Executable {
    const made = plan(
      program,
      { kind: this.kernels.kind, gemmScratch: (m, n, k) => this.kernels.gemmScratch(m, n, k) },
      options,
    );
    const executable = new EngineExecutable(this, made, program);
    this.#freed.register(executable, executable.taken);
    return executable;
  }

  /** Runs a program; throws IndexOutOfRange where one is. */
  dispatch(program: number, bases: number): void {
    if (this.#failure) throw new Error(`${this.name}: a worker thread has failed`, { cause: this.#failure });
    if (this.kernels.dispatch(program, bases, this.#threads, this.#flags) === 0) return;
    const { code, instruction, value } = this.kernels.status();
    if (code === 1) throw new IndexOutOfRange(instruction, value);
    throw new Error(`${this.name}: the kernels report error ${code} at instruction ${instruction} (${value})`);
  }

  /** What is run afterwards runs on the calling thread alone: nobody waits for workers that are gone. */
  async close(): Promise<void> {
    this.#threads = 1;
    await this.endWorkers();
  }

  protected abstract endWorkers(): Promise<void>;

  protected fail(error: unknown): void {
    this.#failure = error;
  }
}

Object.defineProperty(EngineBackend.prototype, KIND, { value: "backend" });

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

class EngineExecutable implements Executable {
  /** Everything it took from the heap. */
  readonly taken: number[] = [];
  readonly #backend: EngineBackend;
  readonly #plan: Plan;
  readonly #program: Program;
  readonly #words: number;
  readonly #bases: number;
  /** What the table of pointers holds: arena, constants, then one address for each input. */
  readonly #addresses: number[];

  constructor(backend: EngineBackend, made: Plan, program: Program) {
    this.#backend = backend;
    this.#plan = made;
    this.#program = program;
    const { heap } = backend;
    const take = (bytes: number): number => {
      try {
        this.taken.push(heap.take(bytes));
      } catch (error) {
        for (const address of this.taken) heap.give(address);
        throw error;
      }
      return this.taken.at(-1)!;
    };
    const words = encode(made);
    this.#words = take(words.length * 4);
    heap.put(this.#words, words);
    this.#bases = take((INPUTS + made.inputs.length) * heap.pointerBytes);
    const constants = take(made.constantSize * 4);
    for (const { offset, data } of made.constants) heap.put(constants + offset * 4, data.data);
    const own = program.inputs.map((x, i) => (x.resident ? 0 : take(sizeOf(made.inputs[i]!.shape) * 4)));
    this.#addresses = [take(made.arena * 4), constants, ...own];
    this.#addresses.forEach((address, i) => heap.point(this.#bases, i, address));
  }

  describe(): string {
    return showPlan(this.#plan, this.#program);
  }

  run(inputs: readonly (Storage | NdArray)[]): NdArray[] {
    const { heap } = this.#backend;
    const addresses = this.#addresses;
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i]!;
      if (!(value instanceof EngineStorage)) heap.put(addresses[INPUTS + i]!, (value as NdArray).data);
      else if (addresses[INPUTS + i] !== value.address) {
        addresses[INPUTS + i] = value.address;
        heap.point(this.#bases, INPUTS + i, value.address);
      }
    }
    try {
      this.#backend.dispatch(this.#words, this.#bases);
    } catch (error) {
      throw error instanceof IndexOutOfRange ? this.#explain(error) : error;
    }
    return this.#plan.outputs.map(
      ({ shape, dtype, at }) => new NdArray(heap.get(addresses[at.buffer]! + at.offset * 4, { shape, dtype }), shape),
    );
  }

  #explain({ instruction, index }: IndexOutOfRange): UserError {
    const found = this.#plan.instructions[instruction];
    const rows = found && "rows" in found ? found.rows : 0;
    const name = found?.kind ?? "gather";
    return new UserError(`${name}: an index must be a whole number from 0 to ${rows - 1}, received ${index}`);
  }
}
