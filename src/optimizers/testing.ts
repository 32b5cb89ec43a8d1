import {
  array,
  constant,
  evaluate,
  leaves,
  mapTree,
  type NdArray,
  type Nested,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import type { Optimizer } from "./optimizer.ts";

export const float64 = (values: Nested): NdArray => array(values, { dtype: "float64" });

/** The parameters after each of `rates.length` steps from `start`, by the reference definitions, leaf by leaf. */
export function trajectory(
  optimizer: Optimizer,
  start: Tree<NdArray>,
  gradient: (params: Tree<Tensor>, step: number) => Tree<Tensor>,
  rates: readonly number[],
): number[][][] {
  let params = mapTree(start, (x) => constant(x));
  let state = mapTree(optimizer.init(start), (x) => constant(x));
  return rates.map((rate, step) => {
    const next = optimizer.update(params, gradient(params, step), state, constant(rate, "float64"));
    const evaluated = (tree: Tree<Tensor>): Tree<Tensor> => mapTree(tree, (x) => constant(evaluate([x])[0]!));
    params = evaluated(next.params);
    state = evaluated(next.state);
    return leaves(params).map(({ value }) => Array.from((value.attrs as NdArray).data));
  });
}

/** The same for one vector. */
export const vectorTrajectory = (
  optimizer: Optimizer,
  start: readonly number[],
  gradient: (x: Tensor, step: number) => Tensor,
  rates: readonly number[],
): number[][] =>
  trajectory(optimizer, float64(start), (x, step) => gradient(x as Tensor, step), rates).map((leaves) => leaves[0]!);
