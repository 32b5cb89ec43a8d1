import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const lessEqualOp = elementwise("lessEqual", {
  f: (a, b) => Number(a <= b),
  integers: true,
  isMask: true,
  codes: { float32: "LE", int32: "I_LE" },
});

/** 1 where a ≤ b, else 0: a float mask, without gradient. [...] and [...] → [...]. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(lessEqualOp, a, b);
