import type { Data, Spec } from "../../graph/ndarray.ts";
import type { KernelKind } from "../../plan/dense-above.ts";

/** The memory that kernels work on. An address is a number of bytes, whatever the width of a pointer. */
export interface Heap {
  /** Bytes in all, in use or not. */
  readonly bytes: number;
  /** n bytes → the address of room for them, at a multiple of 64. Throws UserError where there is no such room. */
  take(bytes: number): number;
  give(address: number): void;
  /** Lets go of all of it. */
  close(): void;
  put(address: number, data: Data): void;
  /** A copy. */
  get(address: number, spec: Spec): Data;
  /** Fills `data` with what lies there. */
  fetch(address: number, data: Data): void;
  /** Bytes of an entry in a table of pointers. */
  readonly pointerBytes: number;
  /** Sets entry `index` of the table of pointers at `table`. */
  point(table: number, index: number, address: number): void;
}

/** What the kernels do for a backend; kernels/README.md says how. */
export interface Kernels {
  readonly kind: KernelKind;
  /** Runs a program and gives 0, or an error code that `status` explains. */
  dispatch(program: number, bases: number, threads: number, flags: number): number;
  status(): { readonly code: number; readonly instruction: number; readonly value: number };
  gemmScratch(m: number, n: number, k: number): number;
}
