import type { ProgramBytes } from "../backends/backend.ts";

/** The memory that a call of a compiled function needs, in bytes. */
export interface MemoryUse {
  /** In bytes: arrays that live on the backend, such as parameters, the optimizer's state and resident data. */
  readonly resident: number;
  /** In bytes: arrays that are handed over with each call. */
  readonly handed: number;
  /** In bytes: numbers that the program itself has. */
  readonly constants: number;
  /** In bytes: room for intermediate results, with what matrix products pack. */
  readonly intermediate: number;
  /** In bytes: the most of the intermediate results that are needed at once, in the order in which they are computed. */
  readonly live: number;
  /** In bytes: all of it together. */
  readonly peak: number;
  /** In bytes: what no plan with this order can do without: `peak` with `live` in place of `intermediate`. */
  readonly bound: number;
}

/** Sums up what a program's run holds. */
export function memoryUseOf(bytes: ProgramBytes): MemoryUse {
  const held = bytes.resident + bytes.handed + bytes.constants;
  return { ...bytes, peak: held + bytes.intermediate, bound: held + bytes.live };
}
