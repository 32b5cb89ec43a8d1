import { applyElementwise, elementwise, maskDtype } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const equalOp = elementwise("equal", {
  f: (a, b) => Number(a === b),
  integers: true,
  result: maskDtype,
});

/** 1 where a = b, else 0 (NaN equals nothing): a float mask, without gradient. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(equalOp, a, b);
