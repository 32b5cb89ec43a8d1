import type { Backend } from "../../src/backends/backend.ts";

export interface Reading {
  /** [examples · classes] */
  scores: number[];
  /** The same with NaN in the weights of the blocks that are closed for all examples; JSON has null for NaN. */
  poisoned: (number | null)[];
  /** How many blocks those are, of so many. */
  closed: number;
  blocks: number;
}

export function read(
  library: typeof import("../../src/index.ts") & typeof import("../../src/entries/engine.ts"),
  backend: Backend,
  bytes: Uint8Array,
): Reading;
