import { sameShape, showShape } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { customGradient } from "./custom-gradient.ts";
import { outer } from "./outer.ts";
import { stopGradient } from "./stop-gradient.ts";
import { zerosLike } from "./zeros-like.ts";

/**
 * `loss` unchanged in value, with `g` added to its gradient with respect to `a`: loss + Σ_units stop(g)·(a −
 * stop(a)), without the sum, which is 0. Throws ShapeError where g has another shape than a, or loss is not
 * [B].
 * @param loss [B]  one number an example
 * @param a    [B, ...]  pre-activations
 * @param g    [B, ...]  estimate of ∂loss_i/∂a_i, treated as a constant
 */
export function attachGradient(loss: Tensor, a: Tensor, g: Tensor): Tensor {
  checkTensors("attachGradient", [loss, a, g]);
  if (!sameShape(a.shape, g.shape) || loss.rank > a.rank || !sameShape(loss.shape, a.shape.slice(0, loss.rank)))
    throw shapeError(
      `attachGradient: needs loss [B], a [B, ...] and g of a's shape, received ${[loss, a, g].map((x) => showShape(x.shape)).join(", ")}`,
    );
  const zero = customGradient(stopGradient(zerosLike(loss)), [a], (grad) => [outer(grad, stopGradient(g))]);
  return add(loss, zero);
}
