import type { NdArray } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Tree, TreeOf } from "../graph/tree.ts";
import type { PartCard } from "../options/index.ts";

/** What a page says about an optimizer. */
export interface OptimizerCard extends PartCard {
  /** Numbers that it keeps for each parameter. */
  readonly memory: number;
}

/** An optimizer's memory: a tree of arrays between steps, the same tree of tensors within one. */
export type OptimizerState = Tree<Tensor>;
/** An optimizer's memory between steps: a tree of arrays. */
export type OptimizerStateArrays = Tree<NdArray>;

/** What one update gives: parameters `P` in the form in which they were given. */
export interface Updated<P> {
  /** The new parameters. */
  readonly params: P;
  /** The optimizer's memory after the step. */
  readonly state: OptimizerState;
}

/**
 * A rule that turns gradients into new parameters: a pair of pure functions over trees. `update` is traced into the graph of
 * a training step, so it costs nothing but its arithmetic.
 */
export interface Optimizer {
  /** The memory before the first step, for these parameters. */
  init<P extends TreeOf<NdArray, P>>(params: P): OptimizerStateArrays;
  /**
   * One step.
   * @param params trees of one form: parameters θ, gradients g
   * @param rate   [] learning rate of this step
   */
  update<P extends TreeOf<Tensor, P>>(params: P, grads: NoInfer<P>, state: OptimizerState, rate: Tensor): Updated<P>;
}
