import type { ScanAttrs } from "./loop.ts";
import type { NdArray, Shape } from "./ndarray.ts";
import type { PairTable } from "./pair-space.ts";
import type { Tensor } from "./tensor.ts";
import type { ConvAttrs, Window } from "./window.ts";

/** The kernel's name of an elementwise op for each dtype of its last operand; `src/plan/codes.ts` lists the names. */
export interface Codes {
  readonly float32?: string;
  readonly int32?: string;
}

/** Numbers that leave the other operand as it is when they stand at the left, or at the right: x · 1, x + 0. */
export interface Neutral {
  readonly left?: number;
  readonly right?: number;
}

/** A product over open blocks, or a way into pair space or out of it. */
export type PairLowering =
  | { readonly op: "toBlocks" | "fromBlocks" | "blocksGradient" }
  | { readonly op: "toPairs" | "fromPairs"; readonly table: PairTable };

/** A convolution y of x and w; x of y and w; w of x and y. */
export type ConvKind = "FORWARD" | "TRANSPOSED" | "WEIGHTS";

/** From an image to places: the largest, which tap reads it, the sum, what a tap reads. From places to an image: to where a tap reads, or to all. */
export type PoolKind = "MAX" | "ARGMAX" | "SUM" | "TAKE" | "PUT" | "SPREAD";

/**
 * How a compiled backend runs an op: data that the planner interprets. An op that fits one of these kinds needs no change there.
 *
 * - `constant`: numbers that are known
 * - `elementwise`: one number of each operand at a time
 * - `cast`: to the output's dtype
 * - `broadcast`, `reshape`, `transpose`, `slice`: the same numbers, read in another way
 * - `barrier`: the same value, which is taken for another one: nothing is found equal across it
 * - `draw`: numbers from a key
 * - `matmul`, `reduce`, `kthLargest`, `topK`, `gather`, `scatterAdd`, `foldKey`, `routing`, `pairs`: instructions. `gather` and `scatterAdd` fail
 *   at an index that names no row.
 * - `matmul` may be `sparse`: most numbers, or most rows, of the first operand are 0, and what meets 0 alone is not read
 * - `conv`: a convolution, its transpose, or the gradient of its weights
 * - `pool`: what windows of an image come to, or where that comes from
 * - `assemble`: inputs written side by side; zeros elsewhere where `fill` says so
 * - `loop`: a part of the program that runs once for each row
 * - `tensors`: other ops, one tensor for each output
 */
export type Lowering =
  | { readonly kind: "constant"; readonly data: NdArray }
  | { readonly kind: "elementwise"; readonly codes: Codes; readonly neutral?: Neutral | undefined }
  | { readonly kind: "cast" | "barrier" | "broadcast" | "reshape" | "gather" | "scatterAdd" | "foldKey" }
  | { readonly kind: "matmul"; readonly sparse?: "numbers" | "rows" }
  | { readonly kind: "transpose"; readonly order: readonly number[] }
  | { readonly kind: "slice"; readonly start: readonly number[]; readonly size: Shape }
  | { readonly kind: "draw"; readonly code: string }
  | { readonly kind: "reduce"; readonly how: "SUM" | "MAX" | "MIN" | "ARGMAX"; readonly axes: readonly number[] }
  | { readonly kind: "kthLargest" | "topK"; readonly k: number }
  | { readonly kind: "routing"; readonly mayTakeAll: boolean }
  | ({ readonly kind: "pairs"; readonly batch: number; readonly blocks: number } & PairLowering)
  | ({ readonly kind: "conv"; readonly how: ConvKind } & ConvAttrs)
  | { readonly kind: "pool"; readonly how: PoolKind; readonly window: Window }
  | { readonly kind: "assemble"; readonly starts: readonly (readonly number[])[]; readonly fill: boolean }
  | ({ readonly kind: "loop" } & ScanAttrs)
  | { readonly kind: "tensors"; readonly outputs: readonly Tensor[] };
