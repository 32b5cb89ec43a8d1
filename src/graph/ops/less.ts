import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const lessOp = elementwise("less", {
  f: (a, b) => Number(a < b),
  integers: true,
  isMask: true,
  codes: { float32: "LT", int32: "I_LT" },
  zeroWhere: "equal",
});

/** 1 where a < b, else 0: a float mask, without gradient. [...] and [...] → [...]. */
export const less = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(lessOp, a, b);
