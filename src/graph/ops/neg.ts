import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const negOp = elementwise("neg", {
  f: (x) => -x,
  derivative: (_, g) => [neg(g)],
  integers: true,
  codes: { float32: "NEG", int32: "I_NEG" },
  zeroWhere: "first",
});

/** The negative −x. [...] → [...] */
export const neg = (x: TensorLike): Tensor => applyElementwise(negOp, x);
