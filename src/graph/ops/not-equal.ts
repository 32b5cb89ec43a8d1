import { applyElementwise, elementwise, maskDtype } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const notEqualOp = elementwise("notEqual", {
  f: (a, b) => Number(a !== b),
  integers: true,
  result: maskDtype,
});

/** 1 where a ≠ b, else 0: a float mask, without gradient. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(notEqualOp, a, b);
