import { UserError } from "../../errors.ts";
import { type Data, type DType, NdArray, type Shape, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { rowError } from "../../graph/ops/gather.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import { plan } from "../../plan/planner.ts";
import { showPlan } from "../../plan/show.ts";
import { KIND } from "../../rules.ts";
import type { Backend, BackendInfo, Executable, PlanOptions, Program, Storage } from "../backend.ts";
import { checkData, checkInput, checkInputs, ownSpec } from "../checks.ts";
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

  /** The spec is the backend's own. */
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

  allocate(given: Spec): Storage {
    const spec = ownSpec(this.name, given);
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
    const { address } = this.#own(storage);
    checkData(this.name, storage, data);
    this.heap.put(address, data);
  }

  read(storage: Storage): Data {
    const { address } = this.#own(storage);
    this.#refuseAfterFailure();
    return this.heap.get(address, storage);
  }

  #own(storage: Storage): EngineStorage {
    if (storage instanceof EngineStorage && storage.backend === this) return storage;
    throw new UserError(`${this.name}: an array of another backend cannot be read or written here`);
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
    this.#refuseAfterFailure();
    let error: number;
    try {
      error = this.kernels.dispatch(program, bases, this.#threads, this.#flags);
    } catch (cause) {
      this.fail(cause);
      throw cause;
    }
    if (error === 0) return;
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
  /** What is run one after the other; state is written by the last alone, which cannot fail. */
  readonly #parts: readonly { readonly words: number; readonly first: number }[];
  readonly #bases: number;
  /** What the table of pointers holds: arena, constants, then one address for each input. */
  readonly #addresses: number[];
  /** For each input the elements that are handed over, −1 for a resident. */
  readonly #sizes: readonly number[];
  readonly #integers: readonly boolean[];

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
    const { instructions, mayFail } = made;
    const ends = mayFail > 0 && mayFail < instructions.length ? [mayFail, instructions.length] : [instructions.length];
    this.#parts = ends.map((end, i) => {
      const first = ends[i - 1] ?? 0;
      const encoded = encode(instructions.slice(first, end));
      const words = take(encoded.length * 4);
      heap.put(words, encoded);
      return { words, first };
    });
    this.#bases = take((INPUTS + made.inputs.length) * heap.pointerBytes);
    const constants = take(made.constantSize * 4);
    for (const { offset, data } of made.constants) heap.put(constants + offset * 4, data.data);
    this.#sizes = program.inputs.map((x, i) => (x.resident ? -1 : sizeOf(made.inputs[i]!.shape)));
    this.#integers = made.inputs.map(({ dtype }) => dtype === "int32");
    const own = this.#sizes.map((size) => (size < 0 ? 0 : take(size * 4)));
    this.#addresses = [take(made.arena * 4), constants, ...own];
    this.#addresses.forEach((address, i) => heap.point(this.#bases, i, address));
  }

  describe(): string {
    return showPlan(this.#plan, this.#program);
  }

  run(inputs: readonly (Storage | NdArray)[]): NdArray[] {
    const { heap } = this.#backend;
    const addresses = this.#addresses;
    this.#bind(inputs);
    // Made before anything runs: where there is no room for them, no state has changed.
    const outputs = this.#plan.outputs.map(({ shape, dtype }) => NdArray.zeros(shape, dtype));
    for (const { words, first } of this.#parts) {
      try {
        this.#backend.dispatch(words, this.#bases);
      } catch (error) {
        throw error instanceof IndexOutOfRange ? this.#explain(error, first) : error;
      }
    }
    outputs.forEach(({ data }, i) => {
      const { buffer, offset } = this.#plan.outputs[i]!.at;
      heap.fetch(addresses[buffer]! + offset * 4, data);
    });
    return outputs;
  }

  /** Copies what is handed over, and points to residents. Throws UserError for what the program was not planned for. */
  #bind(inputs: readonly (Storage | NdArray)[]): void {
    const { heap } = this.#backend;
    const addresses = this.#addresses;
    const refuse = (): void => checkInputs(this.#backend, this.#program, inputs);
    if (inputs.length !== this.#sizes.length) refuse();
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i]!;
      const place = INPUTS + i;
      if (!(value instanceof EngineStorage)) {
        const { data } = value as NdArray;
        if (data?.length !== this.#sizes[i] || data instanceof Int32Array !== this.#integers[i]) refuse();
        heap.put(addresses[place]!, data);
      } else if (addresses[place] !== value.address || value.backend !== this.#backend) {
        checkInput(this.#backend, this.#program.inputs[i]!, value);
        addresses[place] = value.address;
        heap.point(this.#bases, place, value.address);
      }
    }
  }

  #explain({ instruction, index }: IndexOutOfRange, first: number): UserError {
    const found = this.#plan.instructions[first + instruction];
    const rows = found && "rows" in found ? found.rows : 0;
    return rowError(found?.kind ?? "gather", index, rows);
  }
}
