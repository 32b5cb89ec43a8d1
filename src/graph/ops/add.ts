import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const addOp = elementwise("add", {
  f: (a, b) => a + b,
  derivative: (_, g) => [g, g],
  integers: true,
  codes: { float32: "ADD", int32: "I_ADD" },
  neutral: { left: 0, right: 0 },
  zeroWhere: "both",
});

/** The sum a + b, with broadcasting: [...] and [...] → [...]. */
export const add = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(addOp, a, b);
