import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { above } from "./above.ts";
import { mul } from "./mul.ts";

export const maximumOp = elementwise("maximum", {
  f: (a, b) => Math.max(a, b),
  derivative: ({ inputs: [a, b] }, g) => [mul(g, above(a!, b!)), mul(g, above(b!, a!))],
  integers: true,
  codes: { float32: "MAX", int32: "I_MAX" },
});

/**
 * The larger of a and b, with broadcasting; NaN where either is. At a tie each gets half of the gradient, as
 * in JAX. [...] and [...] → [...].
 */
export const maximum = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(maximumOp, a, b);
