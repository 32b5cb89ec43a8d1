import { UserError } from "../errors.ts";
import type { Data, NdArray, Spec } from "../graph/ndarray.ts";
import type { PlanOptions } from "../plan/fusion.ts";
import type { Plan } from "../plan/plan.ts";
import type { Program } from "../plan/program.ts";
import type { Precision } from "./precision.ts";

export type { PlanOptions } from "../plan/fusion.ts";
export type { Program, ProgramInput, Update } from "../plan/program.ts";

/**
 * A place on the backend for one array. Its memory is used again when nobody refers to it any more: nobody needs to free it, and who
 * does has the memory back at once.
 */
export interface Storage extends Spec {
  /** The backend on which it lives. */
  readonly backend: Backend;
}

/** Called in place of each instruction's dispatch, or op's call, which it has to make: number i of the program. */
export type Around = (dispatch: () => void, i: number) => void;

/** A program whose instructions are dispatched one by one, to be looked at. */
export interface Stepwise {
  run(inputs: readonly (Storage | NdArray)[], around: Around): unknown;
  /** Gives its memory back. */
  free(): void;
}

/** A program made ready for one backend. */
export interface Executable {
  readonly program: Program;
  /** What its instructions are; none where each op is run as it is defined. */
  readonly plan?: Plan;
  /** One value per input of the program: a Storage for a resident one, an array for the others. */
  run(inputs: readonly (Storage | NdArray)[]): NdArray[];
  /** The same program, one instruction after the other. */
  stepwise(): Stepwise;
  /** The instructions in order, for people to read. */
  describe(): string;
}

/** What `npx heaviside backends` shows of a backend. */
export interface BackendInfo {
  /** Its name, such as "wasm". */
  readonly name: string;
  /** The instructions that its kernels use, such as "AVX2". */
  readonly instructionSet: string;
  /** Threads that share the work. */
  readonly threads: number;
  /** What the operands of large matrix products are rounded to (default: "float32"). */
  readonly precision?: Precision;
  /** Anything a user should know, such as why only one thread is used. */
  readonly note?: string;
}

/** Where programs run. Everything above this interface is the same for all of them. */
export interface Backend {
  /** Its name, as `backend(name)` takes it. */
  readonly name: string;
  /** Whether `close` was called and nothing runs any more. */
  readonly isClosed: boolean;
  /** What it runs on: instruction set, threads, precision. */
  info(): BackendInfo;
  /** A place for an array of this shape and dtype. Throws UserError where there is no memory for it. */
  allocate(spec: Spec): Storage;
  /** Copies numbers into a storage. Throws UserError for a storage that was freed. */
  write(storage: Storage, data: Data): void;
  /** A copy of what the storage holds. */
  read(storage: Storage): Data;
  /** Gives its memory back at once. It can't be used any more: what does throws UserError. */
  free(storage: Storage): void;
  /** Plans a program for this backend, once for many runs. */
  prepare(program: Program, options?: PlanOptions): Executable;
  /**
   * Ends its threads and frees its memory, with everything that lives on it: what uses it afterwards throws UserError. Only needed
   * where that has to happen before the process ends.
   */
  close(): Promise<void>;
}

/** What a freed storage says to who uses it. */
export const disposed = (): UserError =>
  new UserError("resident: dispose() has given its memory back, it can't be used any more");
