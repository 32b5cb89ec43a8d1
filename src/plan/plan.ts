import type { PoolKind } from "../graph/lowering.ts";
import type { NdArray, Spec } from "../graph/ndarray.ts";
import type { OpenChannels } from "../graph/open-channels.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Pair } from "../graph/window.ts";
import type { TapeOp } from "./codes.ts";
import type { Sliding, WeightSteps } from "./conv.ts";

/** A place in a buffer: 0 is the arena, 1 the constants, 2 + i the program's input i. Offsets are in elements. */
export interface Location {
  readonly buffer: number;
  readonly offset: number;
}
export const ARENA = 0;
export const CONSTANTS = 1;
export const INPUTS = 2;

/** A location walked along the axes of an iteration. */
export interface Operand extends Location {
  readonly strides: readonly number[];
}

export type TapeInput =
  | { readonly kind: "operand"; readonly operand: Operand }
  | { readonly kind: "immediate"; readonly bits: number }
  | { readonly kind: "result" };

export interface TapeStep {
  readonly code: TapeOp;
  readonly to: number; //               a register; inputs come first, then outputs, temps, columns
  readonly args: readonly number[]; //  registers, or the key's index for a draw
}

/** Elementwise work over one iteration space, on registers. */
export interface Tape {
  readonly inputs: readonly TapeInput[];
  readonly outputs: readonly Operand[];
  readonly temps: number;
  readonly columns: number; // temporaries that hold one value for each row
  readonly keys: readonly Location[];
  readonly steps: readonly TapeStep[];
}

interface Matrix extends Location {
  readonly strides: readonly [batch: number, row: number, column: number];
}

/** Gates [images, groups], groups of channels one after the other. */
export interface Gates extends Location {
  readonly groups: number;
}

/** What is stored of a convolution that is pooled: the largest number of each window, without gaps between windows, and which tap it is. */
export interface Pooled {
  readonly window: Pair;
  readonly largest: Location;
  readonly taps: Location | undefined;
}

/** What a backend carries out. Sizes are never 0. */
export type Instruction =
  | {
      readonly kind: "elementwise";
      readonly dims: readonly number[];
      /** In pair space: the plan, and how many of dims[0] belong to one pair; no more is computed than there are pairs. */
      readonly limit?: { readonly plan: Location; readonly perPair: number };
      readonly tape: Tape;
    }
  | {
      readonly kind: "gemm";
      readonly batch: number;
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly a: Matrix;
      readonly b: Matrix;
      readonly packed: Location;
      readonly tape: Tape;
    }
  | {
      readonly kind: "reduce";
      readonly how: "SUM" | "MAX" | "MIN" | "ARGMAX";
      readonly integer: boolean;
      readonly outer: number;
      readonly length: number;
      readonly inner: number;
      readonly from: Location;
      readonly to: Location;
    }
  | {
      readonly kind: "gather" | "scatterAdd";
      readonly rows: number;
      readonly count: number;
      readonly inner: number;
      readonly from: Location;
      readonly index: Location;
      readonly to: Location;
    }
  | {
      readonly kind: "kthLargest" | "topK";
      readonly rows: number;
      readonly length: number;
      readonly k: number;
      readonly from: Location;
      readonly to: Location;
    }
  | {
      readonly kind: "foldKey";
      readonly count: number;
      /** From one key to the next, and from one number to the next: 0 where all folds share it. */
      readonly keyStep: number;
      readonly dataStep: number;
      readonly key: Location;
      readonly data: Location;
      readonly to: Location;
    }
  | {
      readonly kind: "routing";
      readonly batch: number;
      readonly blocks: number;
      /** With more open gates than this, all pairs are taken. */
      readonly denseAbove: number;
      readonly gates: Location;
      readonly plan: Location;
    }
  | {
      readonly kind: "conv";
      readonly sliding: Sliding;
      readonly from: Location;
      readonly weights: Location;
      readonly steps: WeightSteps;
      readonly packed: Location;
      readonly open?: OpenChannels<Gates> | undefined;
      readonly pooled?: Pooled | undefined;
      readonly tape: Tape;
    }
  | {
      readonly kind: "convGradient";
      readonly sliding: Sliding;
      readonly x: Location;
      readonly y: Location;
      readonly sums: Location;
      readonly parts: number;
      readonly isLong: boolean;
      readonly open?: OpenChannels<Gates> | undefined;
      readonly tape: Tape;
    }
  | {
      readonly kind: "pool";
      readonly how: PoolKind;
      readonly sliding: Sliding;
      readonly from: Location;
      readonly taps: Location;
      readonly to: Location;
    }
  | ({ readonly kind: "toBlocks"; readonly x: Location; readonly m: Location; readonly to: Location } & BlockSizes)
  | ({ readonly kind: "fromBlocks"; readonly c: Location; readonly m: Location; readonly to: Location } & BlockSizes)
  | ({
      readonly kind: "blocksGradient";
      readonly x: Location;
      readonly c: Location;
      /** Whether the tape can leave out blocks that are closed for all examples. */
      readonly skipsClosed: boolean;
      readonly tape: Tape;
    } & BlockSizes)
  | {
      readonly kind: "toPairs" | "fromPairs";
      readonly table: "gates" | "blocks";
      readonly batch: number;
      readonly blocks: number;
      readonly inner: number;
      readonly plan: Location;
      readonly from: Location;
      readonly to: Location;
    }
  | LoopInstruction
  | {
      /** Products whose results meet in one tape; only in a loop over rows of a batch. */
      readonly kind: "products";
      readonly rows: number;
      readonly n: number;
      readonly products: readonly {
        readonly k: number;
        readonly a: Location & { readonly row: number; readonly column: number };
        /** A matrix that the loop has packed, which rows of a that are 0 may skip; or one whose rows lie `row` apart and are read only where a is not 0. */
        readonly b: Location & { readonly row?: number; readonly skipsRows?: boolean };
      }[];
      readonly tape: Tape;
    };

/** Instructions that run once for each row, with buffers of their own numbering: the loop's locals. */
export interface LoopInstruction {
  readonly kind: "loop";
  readonly length: number;
  readonly reverse: boolean;
  /** Rows of the batch where none depends on another, so that each can run all steps by itself; 0 where all steps are shared. */
  readonly rows: number;
  readonly locals: readonly Local[];
  readonly packs: readonly Pack[];
  readonly body: readonly Instruction[];
}

/** Where a buffer of a loop's step lies: `offset + t · step` elements in an outer buffer in the step for row t, and `flip` more in every second one. */
export interface Local extends Location {
  readonly step: number;
  readonly flip: number;
}

/** A matrix that a loop multiplies by, and where it is packed. */
export interface Pack {
  readonly from: Location;
  readonly k: number;
  readonly n: number;
  readonly row: number;
  readonly column: number;
  readonly to: Location;
}

/** Sizes of blocks' weights [blocks, units, depth], the plan of open ones, and the scratch for a dense product. */
interface BlockSizes {
  readonly batch: number;
  readonly blocks: number;
  readonly units: number;
  readonly depth: number;
  readonly plan: Location;
  readonly packed: Location;
}

/** Everything that a backend needs to run a program many times. */
export interface Plan {
  readonly instructions: readonly Instruction[];
  /** For each instruction the tensors that it computes, those within it too. */
  readonly origins: readonly (readonly Tensor[])[];
  /** The number of first instructions among which are all that may fail; none of them writes state. 0 where nothing can be spoiled. */
  readonly mayFail: number;
  readonly arena: number; // elements
  /** The most elements of intermediate results that are needed at once, in this order of instructions: no arena is smaller. */
  readonly live: number;
  readonly constants: readonly { readonly offset: number; readonly data: NdArray }[];
  readonly constantSize: number; // elements
  readonly inputs: readonly Spec[];
  readonly outputs: readonly (Spec & { readonly at: Location })[];
}
