import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const tanhOp = elementwise("tanh", {
  f: (x) => Math.tanh(x),
  derivative: ({ output: y }, g) => [mul(g, sub(1, mul(y, y)))],
  codes: { float32: "TANH" },
});

/** The hyperbolic tangent of x. [...] → [...]. */
export const tanh = (x: TensorLike): Tensor => applyElementwise(tanhOp, x);
