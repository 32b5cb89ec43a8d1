import { show } from "../../rules.ts";
import { sameShape, showShape } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";

/** The gradient with respect to each of `inputs`, given that with respect to the value. */
export type Backward = (grad: Tensor, inputs: readonly Tensor[], value: Tensor) => readonly (Tensor | undefined)[];

/** Inputs: the value, then the tensors that gradient flows to. Only the value is needed to run it. */
export const customGradientOp: Op<Backward> = {
  name: "customGradient",
  spec: ([value]) => value!,
  derivative({ inputs: [value, ...inputs], attrs: backward }, grad) {
    const grads = backward(grad, inputs, value!);
    if (!Array.isArray(grads) || grads.length > inputs.length)
      throw shapeError(
        `customGradient: the function must give an array with one gradient, or undefined, for each of ${inputs.length} inputs, received ${show(grads)}`,
      );
    grads.forEach((g, i) => {
      if (g !== undefined) checkTensors("customGradient", [g]);
      if (g && inputs[i] && !sameShape(g.shape, inputs[i].shape))
        throw shapeError(
          `customGradient: the gradient of input ${i} must have its shape ${showShape(inputs[i].shape)}, received ${showShape(g.shape)}`,
        );
    });
    return [undefined, ...grads];
  },
  isAlias: true,
  inputsToRun: () => 1,
  reference: ([value], _, output) => output.data.set(value!.data),
};

/**
 * `value` going forward; going backward, what `backward` says flows to `inputs` (and nothing to what `value`
 * was made of). `backward` gives one gradient [...] for each input, of its shape.
 * Throws ShapeError for gradients of other shapes, and for anything but tensors and a function.
 */
export function customGradient(value: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  if (!Array.isArray(inputs) || typeof backward !== "function")
    throw shapeError(
      `customGradient: needs an array of inputs and a function, received ${show(inputs)} and ${show(backward)}`,
    );
  return apply(customGradientOp, [value, ...inputs], backward);
}

/**
 * `value` going forward; its gradient goes to `target` (same shape) unchanged: the straight-through trick.
 * Both are [...]. Throws ShapeError for shapes that differ.
 */
export function copyGradient(value: Tensor, target: Tensor): Tensor {
  checkTensors("copyGradient", [value, target]);
  if (!sameShape(value.shape, target.shape))
    throw shapeError(
      `copyGradient: value and target must have one shape, received ${showShape(value.shape)} and ${showShape(target.shape)}`,
    );
  return customGradient(value, [target], (grad) => [grad]);
}
