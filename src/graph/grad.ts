import { show } from "../rules.ts";
import { isFloat, sameShape, showSpec } from "./ndarray.ts";
import { checkTensors } from "./operand.ts";
import { alias } from "./ops/alias.ts";
import { broadcastTo } from "./ops/broadcast-to.ts";
import { constant } from "./ops/constant.ts";
import { pullBack } from "./pull-back.ts";
import { shapeError } from "./site.ts";
import type { Tensor } from "./tensor.ts";
import { leaves, mapTree, type Tree, type TreeOf } from "./tree.ts";

/**
 * ∂`of`/∂x for each x in `wrt`, as new tensors of the same graph: reverse accumulation, iterative, linear in
 * the graph's size. `of` is [], each gradient has its tensor's shape [...]. Throws ShapeError where `of` is
 * no scalar and there is no seed.
 * @param of a scalar
 * @param seed what it is multiplied by (default: 1)
 */
export function gradients(of: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  checkTensors("grad", seed === undefined ? [of] : [of, seed]);
  if (!Array.isArray(wrt)) throw shapeError(`grad: needs an array of tensors, received ${show(wrt)}`);
  checkTensors("grad", wrt);
  if (seed && (seed.dtype !== of.dtype || !sameShape(seed.shape, of.shape)))
    throw shapeError(`grad: the seed must be ${showSpec(of)} as what is differentiated, received ${showSpec(seed)}`);
  if (of.rank !== 0 && !seed)
    throw shapeError(`grad: needs a scalar to differentiate, received ${showSpec(of)}: take its sum or mean`);
  if (!isFloat(of.dtype)) throw shapeError(`grad: needs a floating-point scalar, received ${showSpec(of)}`);
  for (const x of wrt)
    if (!isFloat(x.dtype)) throw shapeError(`grad: cannot differentiate with respect to ${showSpec(x)}`);
  const seeds = new Map([[of, seed ?? constant(1, of.dtype)]]);
  return pullBack(seeds, wrt).map((g, i) => g ?? broadcastTo(constant(0, wrt[i]!.dtype), wrt[i]!.shape));
}

/**
 * From a function of a tree of tensors to a scalar: the function that gives the scalar and its gradient with
 * respect to every leaf of the *first* argument, as a tree of the same form. With `aux`, f returns [scalar,
 * anything] and both come back. The scalar is a tensor []; each gradient has the shape [...] of its leaf.
 * Throws ShapeError where f gives anything but a scalar.
 */
export function valueAndGrad<
  P extends TreeOf<Tensor, P>,
  R extends readonly unknown[],
  O extends Tensor | readonly [Tensor, unknown],
>(f: (params: P, ...rest: R) => O): (params: P, ...rest: R) => [value: O, grads: P];
export function valueAndGrad(
  f: (params: Tree<Tensor>, ...rest: readonly unknown[]) => Tensor | readonly [Tensor, unknown],
): (params: Tree<Tensor>, ...rest: readonly unknown[]) => [value: unknown, grads: Tree<Tensor>] {
  if (typeof f !== "function") throw shapeError(`grad: needs a function, received ${show(f)}`);
  return (params, ...rest) => {
    // Each leaf gets a node of its own, so that a tensor that stands at two places has a gradient for each.
    const own = mapTree(params, (x) => {
      checkTensors("grad", [x]);
      return isFloat(x.dtype) ? alias(x) : x;
    });
    const result = f(own, ...rest);
    const scalar = isPair(result) ? result[0] : result;
    const wrt = leaves(own)
      .map((leaf) => leaf.value)
      .filter((x) => isFloat(x.dtype));
    const grads = new Map(gradients(scalar, wrt).map((g, i) => [wrt[i]!, g]));
    // An integer leaf has no gradient; zeros keep the tree's form.
    return [result, mapTree(own, (x) => grads.get(x) ?? broadcastTo(constant(0, x.dtype), x.shape))];
  };
}

const isPair = (result: Tensor | readonly [Tensor, unknown]): result is readonly [Tensor, unknown] =>
  Array.isArray(result);

/**
 * The gradient alone, without the value: as `valueAndGrad`, for a scalar [] and a tree of tensors [...].
 * Throws ShapeError where f gives anything but a scalar.
 */
export const grad =
  <P extends TreeOf<Tensor, P>, R extends readonly unknown[]>(f: (params: P, ...rest: R) => Tensor) =>
  (params: P, ...rest: R): P =>
    valueAndGrad(f)(params, ...rest)[1];
