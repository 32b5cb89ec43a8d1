import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const equalOp = elementwise("equal", {
  f: (a, b) => Number(a === b),
  integers: true,
  isMask: true,
  codes: { float32: "EQ", int32: "I_EQ" },
});

/** 1 where a = b, else 0 (NaN equals nothing): a float mask, without gradient. [...] and [...] → [...]. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(equalOp, a, b);
