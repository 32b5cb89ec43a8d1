import type { Tensor } from "../graph/tensor.ts";

/**
 * A traced function: what goes in, what comes out, and which inputs are replaced by what when it has run.
 * Everything between is found by following tensors back from `outputs` and `updates`.
 */
export interface Program {
  readonly inputs: readonly ProgramInput[];
  readonly outputs: readonly Tensor[];
  readonly updates: readonly Update[];
}

export interface ProgramInput {
  readonly name: string;
  readonly tensor: Tensor;
  /** True for a value that lives on the backend; false for one that is handed over at each run. */
  readonly resident: boolean;
  /** An earlier input that is given the same array in every run: what is written over that one is written over this one, too. */
  readonly sameAs?: number;
}

/** After a run, the resident input `input` (an index) holds `value`. */
export interface Update {
  readonly input: number;
  readonly value: Tensor;
}
