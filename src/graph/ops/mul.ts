import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const mulOp = elementwise("mul", {
  f: (a, b) => a * b,
  derivative: ({ inputs: [a, b] }, g) => [mul(g, b!), mul(g, a!)],
  integers: Math.imul,
  codes: { float32: "MUL", int32: "I_MUL" },
  neutral: { left: 1, right: 1 },
  zeroWhere: "either",
});

/** a · b element by element, with broadcasting. [...] and [...] → [...]. */
export const mul = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(mulOp, a, b);
