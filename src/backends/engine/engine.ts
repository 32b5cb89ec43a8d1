import { UserError } from "../../errors.ts";
import { type Data, type DType, NdArray, type Shape, type Spec, showShape, sizeOf } from "../../graph/ndarray.ts";
import { rowError } from "../../graph/ops/gather.ts";
import { checkMemory, checkSize } from "../../graph/size.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import { plan } from "../../plan/planner.ts";
import { showPlan } from "../../plan/show.ts";
import { KIND } from "../../rules.ts";
import type { Around, Backend, BackendInfo, Executable, PlanOptions, Program, Stepwise, Storage } from "../backend.ts";
import { checkData, checkInput, checkInputs, ownSpec } from "../checks.ts";
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

  /** The spec is the backend's own. */
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
  get [KIND](): "backend" {
    return "backend";
  }
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

  allocate(given: Spec): Storage {
    const spec = ownSpec(this.name, given);
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
    const { block } = this.#own(storage);
    checkData(this.name, storage, data);
    block.write(data);
  }

  read(storage: Storage): Data {
    const { block } = this.#own(storage);
    this.#refuseAfterFailure();
    return block.read();
  }

  free(storage: Storage): void {
    this.#own(storage).block.dispose();
  }

  #own(storage: Storage): EngineStorage {
    if (storage instanceof EngineStorage && storage.backend === this) return storage;
    throw new UserError(`${this.name}: an array of another backend cannot be read or written here`);
  }

  prepare(program: Program, options?: PlanOptions): Executable {
    this.pager.checkOpen();
    const kernels = this.#kernels!;
    const made = plan(program, { kind: kernels.kind, gemmScratch: (m, n, k) => kernels.gemmScratch(m, n, k) }, options);
    return new EngineExecutable(this, made, program);
  }

  /** Runs a program; throws IndexOutOfRange where one is. */
  dispatch(program: number, bases: number): void {
    this.#refuseAfterFailure();
    const kernels = this.#kernels!;
    let error: number;
    try {
      error = kernels.dispatch(program, bases, this.#threads, this.#flags);
    } catch (cause) {
      this.fail(cause);
      throw cause;
    }
    if (error === 0) return;
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

  /** From now on nothing is run or read: what arrays hold may be half of a step. */
  protected fail(error: unknown): void {
    this.#failure ??= error;
  }

  #refuseAfterFailure(): void {
    if (this.#failure === undefined) return;
    const error = new UserError(
      `${this.name}: a call broke off in the middle, so the arrays on this backend may be half-written: start another backend`,
    );
    error.cause = this.#failure;
    throw error;
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
  readonly plan: Plan;
  readonly program: Program;
  readonly #memory: ProgramMemory;
  /** For each input the elements that are handed over, −1 for a resident. */
  readonly #sizes: readonly number[];
  readonly #integers: readonly boolean[];

  constructor(backend: EngineBackend, made: Plan, program: Program, options?: { readonly apart: boolean }) {
    this.#backend = backend;
    this.plan = made;
    this.program = program;
    this.#sizes = program.inputs.map((x, i) => (x.resident ? -1 : sizeOf(made.inputs[i]!.shape)));
    this.#integers = made.inputs.map(({ dtype }) => dtype === "int32");
    this.#memory = new ProgramMemory(made, program, backend.pager, options);
    this.#memory.bring(this);
  }

  describe(): string {
    return showPlan(this.plan, this.program);
  }

  stepwise(): Stepwise {
    return new EngineExecutable(this.#backend, this.plan, this.program, { apart: true });
  }

  free(): void {
    this.#backend.pager.release(this.#memory);
  }

  run(inputs: readonly (Storage | NdArray)[], around?: Around): NdArray[] {
    const memory = this.#memory;
    memory.bring(this);
    memory.used = this.#backend.pager.epoch;
    this.#bind(inputs);
    // Made before anything runs: where there is no room for them, no state has changed.
    const outputs = this.plan.outputs.map(({ shape, dtype }) => NdArray.zeros(shape, dtype));
    for (const [i, { words, first }] of memory.parts.entries()) {
      try {
        if (around) around(() => this.#backend.dispatch(words, memory.bases), i);
        else this.#backend.dispatch(words, memory.bases);
      } catch (error) {
        throw error instanceof IndexOutOfRange ? this.#explain(error, first) : error;
      }
    }
    outputs.forEach(({ data }, i) => {
      const { buffer, offset } = this.plan.outputs[i]!.at;
      this.#backend.heap.fetch(memory.addresses[buffer]! + offset * 4, data);
    });
    return outputs;
  }

  /** Copies what is handed over, and points to residents. Throws UserError for what the program was not planned for. */
  #bind(inputs: readonly (Storage | NdArray)[]): void {
    const { heap, pager } = this.#backend;
    const { epoch } = pager;
    const { addresses, bases } = this.#memory;
    const refuse = (): void => checkInputs(this.#backend, this.program, inputs);
    if (inputs.length !== this.#sizes.length) refuse();
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i]!;
      const place = INPUTS + i;
      if (!(value instanceof EngineStorage)) {
        const { data } = value as NdArray;
        if (data?.length !== this.#sizes[i] || data instanceof Int32Array !== this.#integers[i]) refuse();
        // An empty array may have lost its memory.
        if (data.length === 0) continue;
        try {
          heap.put(addresses[place]!, data);
        } catch (error) {
          refuse();
          throw error;
        }
        continue;
      }
      const { block } = value;
      block.used = epoch;
      if (addresses[place] === block.address && value.backend === this.#backend) continue;
      checkInput(this.#backend, this.program.inputs[i]!, value);
      if (block.address === NOWHERE) this.#bringBack(inputs);
      addresses[place] = block.address;
      heap.point(bases, place, block.address);
    }
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

  #explain({ instruction, index }: IndexOutOfRange, first: number): UserError {
    const lookUps = lookUpsOf(this.plan.instructions.slice(first + instruction, first + instruction + 1));
    const found = lookUps.find(({ rows }) => index < 0 || index >= rows);
    return rowError(found?.kind ?? "gather", index, found?.rows ?? 0);
  }
}

/** The instructions that look something up, in loops too. */
const lookUpsOf = (instructions: Plan["instructions"]): { readonly kind: string; readonly rows: number }[] =>
  instructions.flatMap((x) => {
    if (x.kind === "loop") return lookUpsOf(x.body);
    return x.kind === "gather" || x.kind === "scatterAdd" ? [x] : [];
  });
