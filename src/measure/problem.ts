import type { Backend } from "../backends/backend.ts";
import type { Downstream, Estimator } from "../estimators/estimator.ts";
import type { NdArray, Tensor, Tree } from "../graph/index.ts";
import type { Key } from "../random/index.ts";

/** What the programs of a problem are given. */
export interface ProblemInputs<T> {
  /** [B, H] pre-activations of the layer that is measured. */
  readonly a: T;
  /** Whatever the downstream network reads: parameters, labels. */
  readonly rest: Tree<T>;
}

/** One layer of binary or one-hot stochastic units and the network behind it, on a fixed batch with fixed parameters. */
export interface Problem {
  /** Its name in tables. */
  readonly name: string;
  /** B: examples of the batch. */
  readonly examples: number;
  /** H: units of the layer. */
  readonly units: number;
  /** Classes of each of the layer's one-hot variables; absent: the units are binary. */
  readonly classes?: number | undefined;
  /** Pre-activations, and what else the programs read. */
  readonly inputs: ProblemInputs<NdArray>;
  /**
   * The downstream network, for `copies` copies of the batch: it takes [copies·B, H] (and multiples of that), row r·B + i belongs to
   * example i, and every row meets noise of its own.
   */
  downstream(rest: Tree<Tensor>, copies: number, key: Key): Downstream;
  /** The same with the expectation over the units of later layers as the loss, and how many those are. Left out: it can't be enumerated. */
  readonly expected?: {
    readonly laterUnits: number;
    downstream(rest: Tree<Tensor>, copies: number): Downstream;
  };
  /** The true gradient [B·H], where it is known in closed form. */
  readonly gradient?: Float64Array;
  /** Other batches of the same form, on which estimators that keep averages or learn are warmed up (default: the problem's own). */
  warmup?(step: number): ProblemInputs<NdArray>;
  /** A whole training step with this estimator in the layer, to be timed. Left out: the estimate alone. */
  step?(estimator: Estimator, backend: Backend): () => void;
}
