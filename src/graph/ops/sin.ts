import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { cos } from "./cos.ts";
import { mul } from "./mul.ts";

export const sinOp = elementwise("sin", {
  f: (x) => Math.sin(x),
  derivative: ({ inputs: [x] }, g) => [mul(g, cos(x!))],
  codes: { float32: "SIN" },
});

/** The sine of x, in radians. [...] → [...] */
export const sin = (x: TensorLike): Tensor => applyElementwise(sinOp, x);
