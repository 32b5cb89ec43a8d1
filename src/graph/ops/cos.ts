import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sin } from "./sin.ts";

export const cosOp = elementwise("cos", {
  f: (x) => Math.cos(x),
  derivative: ({ inputs: [x] }, g) => [neg(mul(g, sin(x!)))],
  codes: { float32: "COS" },
});

/** The cosine of x, in radians. [...] → [...] */
export const cos = (x: TensorLike): Tensor => applyElementwise(cosOp, x);
