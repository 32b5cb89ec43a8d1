import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const negOp = elementwise("neg", {
  f: (x) => -x,
  derivative: (_, g) => [neg(g)],
  integers: true,
});

/** −x. */
export const neg = (x: TensorLike): Tensor => applyElementwise(negOp, x);
