import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const signOp = elementwise("sign", {
  f: (x) => Math.sign(x),
  integers: true,
  codes: { float32: "SIGN", int32: "I_SIGN" },
  zeroWhere: "first",
});

/** −1, 0 or 1. No gradient flows through it. [...] → [...]. */
export const sign = (x: TensorLike): Tensor => applyElementwise(signOp, x);
