import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { neg } from "./neg.ts";

export const subOp = elementwise("sub", {
  f: (a, b) => a - b,
  derivative: (_, g) => [g, neg(g)],
  integers: true,
  codes: { float32: "SUB", int32: "I_SUB" },
  neutral: { right: 0 },
  zeroWhere: "both",
});

/** a − b, with broadcasting. [...] and [...] → [...]. */
export const sub = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(subOp, a, b);
