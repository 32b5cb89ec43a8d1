import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";

export const expOp = elementwise("exp", {
  f: (x) => Math.exp(x),
  derivative: ({ output }, g) => [mul(g, output)],
  codes: { float32: "EXP" },
});

/** The exponential function eˣ. [...] → [...] */
export const exp = (x: TensorLike): Tensor => applyElementwise(expOp, x);
