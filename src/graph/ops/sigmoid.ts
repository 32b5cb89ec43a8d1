import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const sigmoidOp = elementwise("sigmoid", {
  f: (x) => {
    const small = Math.exp(-Math.abs(x)); // never overflows
    return (x < 0 ? small : 1) / (1 + small);
  },
  derivative: ({ output: p }, g) => [mul(g, mul(p, sub(1, p)))],
  codes: { float32: "SIGMOID" },
});

/** The logistic function σ(x) = 1 / (1 + e⁻ˣ). [...] → [...]. */
export const sigmoid = (x: TensorLike): Tensor => applyElementwise(sigmoidOp, x);
