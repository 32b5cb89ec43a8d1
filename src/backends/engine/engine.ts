import { UserError } from "../../errors.ts";
import { type Data, type DType, NdArray, type Shape, type Spec, showShape, sizeOf } from "../../graph/ndarray.ts";
import { checkMemory, checkSize } from "../../graph/size.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import { plan } from "../../plan/planner.ts";
import { showPlan } from "../../plan/show.ts";
import type { Backend, BackendInfo, Executable, PlanOptions, Program, Storage } from "../backend.ts";
import { Block } from "./block.ts";
import type { Heap, Kernels } from "./heap.ts";
import { NOWHERE, Pager, PINNED } from "./pager.ts";
import { ProgramMemory } from "./program-memory.ts";

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
  readonly block: Block;

  constructor(backend: EngineBackend, { shape, dtype }: Spec, block: Block) {
    this.backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.block = block;
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
  readonly name: string;
  readonly heap: Heap;
  readonly pager: Pager;
  /** None once it is closed. */
  #kernels: Kernels | undefined;
  readonly #info: BackendInfo;
  readonly #flags: number;
  readonly #threads: number;
  #failure: unknown;

  protected constructor({ name, kernels, heap, flags, info }: Engine) {
    this.name = name;
    this.heap = heap;
    this.pager = new Pager(heap, name);
    this.#kernels = kernels;
    this.#flags = flags;
    this.#info = { name, ...info };
    this.#threads = info.threads;
  }

  info(): BackendInfo {
    return this.#info;
  }

  get isClosed(): boolean {
    return this.pager.isClosed;
  }

  allocate(spec: Spec): Storage {
    if (spec.dtype === "float64")
      throw new UserError(
        `${this.name}: arrays are float32 or int32, received float64; the reference backend has float64`,
      );
    checkSize(`${this.name}: an array of shape`, spec.shape);
    checkMemory(`${this.name}: the numbers of an array ${showShape(spec.shape)}`, sizeOf(spec.shape) * 4);
    const block = new Block(spec, this.pager);
    const storage = new EngineStorage(this, spec, block);
    this.pager.hold(block, storage);
    return storage;
  }

  write(storage: Storage, data: Data): void {
    (storage as EngineStorage).block.write(data);
  }

  read(storage: Storage): Data {
    return (storage as EngineStorage).block.read();
  }

  free(storage: Storage): void {
    (storage as EngineStorage).block.dispose();
  }

  prepare(program: Program, options?: PlanOptions): Executable {
    this.pager.checkOpen();
    const { kind, gemmScratch } = this.#kernels!;
    const made = plan(program, { kind, gemmScratch }, options);
    return new EngineExecutable(this, made, program);
  }

  /** Runs a program; throws IndexOutOfRange where one is. */
  dispatch(program: number, bases: number): void {
    if (this.#failure) throw new Error(`${this.name}: a worker thread has failed`, { cause: this.#failure });
    const kernels = this.#kernels!;
    if (kernels.dispatch(program, bases, this.#threads, this.#flags) === 0) return;
    const { code, instruction, value } = kernels.status();
    if (code === 1) throw new IndexOutOfRange(instruction, value);
    throw new Error(`${this.name}: the kernels report error ${code} at instruction ${instruction} (${value})`);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.pager.close();
    this.#kernels = undefined;
    await this.end();
  }

  /** Ends the threads, and lets go of the kernels and their memory: nothing runs any more. */
  protected abstract end(): Promise<void>;

  protected fail(error: unknown): void {
    this.#failure = error;
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

class EngineExecutable implements Executable {
  readonly #backend: EngineBackend;
  readonly #plan: Plan;
  readonly #program: Program;
  readonly #memory: ProgramMemory;

  constructor(backend: EngineBackend, made: Plan, program: Program) {
    this.#backend = backend;
    this.#plan = made;
    this.#program = program;
    this.#memory = new ProgramMemory(made, program, backend.pager);
    this.#memory.bring(this);
  }

  describe(): string {
    return showPlan(this.#plan, this.#program);
  }

  run(inputs: readonly (Storage | NdArray)[]): NdArray[] {
    const { heap, pager } = this.#backend;
    const memory = this.#memory;
    if (memory.words === NOWHERE) memory.bring(this);
    const { epoch } = pager;
    memory.used = epoch;
    const { addresses } = memory;
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i]!;
      if (!(value instanceof EngineStorage)) {
        heap.put(addresses[INPUTS + i]!, (value as NdArray).data);
        continue;
      }
      const { block } = value;
      block.used = epoch;
      if (addresses[INPUTS + i] === block.address) continue;
      if (block.address === NOWHERE) this.#bringBack(inputs);
      addresses[INPUTS + i] = block.address;
      heap.point(memory.bases, INPUTS + i, block.address);
    }
    try {
      this.#backend.dispatch(memory.words, memory.bases);
    } catch (error) {
      throw error instanceof IndexOutOfRange ? this.#explain(error) : error;
    }
    return this.#plan.outputs.map(
      ({ shape, dtype, at }) => new NdArray(heap.get(addresses[at.buffer]! + at.offset * 4, { shape, dtype }), shape),
    );
  }

  /** Brings the inputs into the heap that had moved out of it, and moves out none of them, nor the program. */
  #bringBack(inputs: readonly (Storage | NdArray)[]): void {
    const storages = inputs.filter((value) => value instanceof EngineStorage);
    const tenants = [this.#memory, ...storages.map(({ block }) => block)];
    for (const tenant of tenants) tenant.used = PINNED;
    try {
      for (const storage of storages) {
        storage.block.bring(storage);
        storage.block.used = PINNED;
      }
    } finally {
      for (const tenant of tenants) tenant.used = this.#backend.pager.epoch;
    }
  }

  #explain({ instruction, index }: IndexOutOfRange): UserError {
    const found = this.#plan.instructions[instruction];
    const rows = found && "rows" in found ? found.rows : 0;
    const name = found?.kind ?? "gather";
    return new UserError(`${name}: an index must be a whole number from 0 to ${rows - 1}, received ${index}`);
  }
}
