import type { NdArray, Shape, Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";

/** What a control may need of the gates. */
type Needs =
  | "nothing"
  | "a rate with a derivative"
  | "derivatives through what gates send"
  | "a decision apart from its value";

/** What a member of the table says about itself. */
export interface SparsityCard {
  /** Its name in configs, on the command line and in tables. */
  readonly name: string;
  readonly title: string;
  /** One sentence: how it brings the share of open gates to its target. */
  readonly summary: string;
  /** What is added to the loss, or how its quantity moves, in TeX. */
  readonly formula: string;
  /** A layer of gates that lacks it refuses the control. */
  readonly needs: Needs;
  /** Authors, year, title and address. */
  readonly source: string;
}

/** A layer's gates in one training step. */
export interface Gates {
  /** [B, K]: P(gate ≠ 0), with a derivative that leads to the gater. */
  readonly rate: Tensor;
  /** [R, K]: what the live call sent, R = B or several copies of the batch. */
  readonly sent: Tensor;
  /** [R, 1] of 0 and 1: the rows that count, such as the steps within a sequence's length (default: all). */
  readonly counted?: Tensor | undefined;
}

/** Running quantities between steps: kept with the parameters, never differentiated. */
export type SparsityState = { readonly [name: string]: Tensor };
export type SparsityStateArrays = { readonly [name: string]: NdArray };

/** One way to bring the share of open gates to a target. One file each; see the table in index.ts. */
export interface Sparsity {
  readonly card: SparsityCard;
  /** Share of open gates that it works towards, above 0 and below 1. */
  readonly target: number;
  /** The state before the first step, for K gates. Names are its own: a layer may have several controls. Left out: no state. */
  init?(gates: number): SparsityStateArrays;
  /** Added to the gates' pre-activations while noise is on. [B, K] */
  noise?(key: Key, shape: Shape): Tensor;
  /** What is added in its place while noise is off. */
  readonly noiseMean?: number;
  /** Added to the mean loss of a step. [] */
  penalty?(gates: Gates, state: SparsityState): Tensor;
  /** The state after a step. */
  next?(gates: Gates, state: SparsityState): SparsityState;
  /** A bias of each gate's pre-activation after a step, moved by rule and not by gradient: bias [K], the state before the step → [K] */
  moveBias?(bias: Tensor, gates: Gates, state: SparsityState): Tensor;
}
