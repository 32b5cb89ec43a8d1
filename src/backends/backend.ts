import { UserError } from "../errors.ts";
import type { Data, NdArray, Spec } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { PlanOptions } from "../plan/fusion.ts";
import type { Work } from "../plan/instruction-work.ts";
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

/** How long one instruction of a program took, run after run, and what it had to do. */
export interface InstructionRuns {
  /** A line for people to read, as `describe` has it. */
  readonly text: string;
  /** The tensors that it computes, those within it too. */
  readonly tensors: readonly Tensor[];
  readonly work: Work;
  readonly seconds: readonly number[];
}

/** Runs of a program, each in one piece and then instruction by instruction. */
export interface ProgramRuns {
  readonly seconds: readonly number[];
  readonly instructions: readonly InstructionRuns[];
}

/** The memory of a program's run, in bytes. */
export interface ProgramBytes {
  /** Arrays that live on the backend: parameters, state, data. */
  readonly resident: number;
  /** Arrays that are handed over with each call. */
  readonly handed: number;
  readonly constants: number;
  /** For intermediate results, all together. */
  readonly intermediate: number;
  /** The most of them that the program needs at once, in the order of its instructions. */
  readonly live: number;
}

/** A program made ready for one backend. */
export interface Executable {
  /** One value per input of the program: a Storage for a resident one, an array for the others. */
  run(inputs: readonly (Storage | NdArray)[]): NdArray[];
  /** Times runs on copies of what lives on the backend, for about `seconds`: nothing that `inputs` hold is changed. */
  profile(inputs: readonly (Storage | NdArray)[], seconds: number): ProgramRuns;
  /** The instructions in order, for people to read. */
  describe(): string;
  /** What a run holds at its peak. */
  memory(): ProgramBytes;
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
