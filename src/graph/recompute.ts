import { show } from "../rules.ts";
import { currentRegion, inRegion, newRegion } from "./region.ts";
import { shapeError } from "./site.ts";
import { tensorsOf } from "./step-trace.ts";
import type { Tensor } from "./tensor.ts";
import type { Tree } from "./tree.ts";

/**
 * The same function, whose gradient computes what lies within again from what the function read, instead of keeping it from the forward to the backward
 * pass: less memory at the peak of a step, for one more forward pass through `f`. Kept are what `f` reads of tensors, arguments or not, and what it gives.
 * Values, draws included, and gradients are the same: to the bit by the ops' definitions, and elsewhere but for the rounding of what is computed in one
 * pass. A call within another one belongs to it. Gradients of gradients work.
 *
 *     const block = recompute((h, w) => tanh(matmul(tanh(matmul(h, w.first)), w.second)));
 *
 * Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016, https://arxiv.org/abs/1604.06174.
 * Throws ShapeError for anything but a function, and, when it is called, where `f` doesn't give a tree of tensors.
 * @param f of anything → a tree of tensors [...]
 */
export function recompute<A extends readonly unknown[], R>(f: (...given: A) => R): (...given: A) => R;
export function recompute(f: (...given: readonly unknown[]) => Tree<Tensor>) {
  if (typeof f !== "function") throw shapeError(`recompute: needs a function, received ${show(f)}`);
  return (...given: readonly unknown[]): Tree<Tensor> => {
    const result = inRegion(currentRegion() ?? newRegion(), () => f(...given));
    tensorsOf("recompute", "the result", result);
    return result;
  };
}
