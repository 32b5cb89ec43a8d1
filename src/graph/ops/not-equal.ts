import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const notEqualOp = elementwise("notEqual", {
  f: (a, b) => Number(a !== b),
  integers: true,
  isMask: true,
  codes: { float32: "NE", int32: "I_NE" },
  zeroWhere: "equal",
});

/** 1 where a ≠ b, else 0: a float mask, without gradient. [...] and [...] → [...]. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(notEqualOp, a, b);
