import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { above } from "./above.ts";
import { mul } from "./mul.ts";

export const minimumOp = elementwise("minimum", {
  f: (a, b) => Math.min(a, b),
  derivative: ({ inputs: [a, b] }, g) => [mul(g, above(b!, a!)), mul(g, above(a!, b!))],
  integers: true,
  codes: { float32: "MIN", int32: "I_MIN" },
});

/**
 * The smaller of a and b, with broadcasting; NaN where either is. At a tie each gets half of the gradient, as
 * in JAX. [...] and [...] → [...].
 */
export const minimum = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(minimumOp, a, b);
