import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";

export const absOp = elementwise("abs", {
  f: (x) => Math.abs(x),
  derivative: ({ inputs: [x] }, g) => [mul(g, sign(x!))],
  integers: true,
  codes: { float32: "ABS", int32: "I_ABS" },
  zeroWhere: "first",
});

/** The absolute value |x|; its derivative at 0 is 0. [...] → [...] */
export const abs = (x: TensorLike): Tensor => applyElementwise(absOp, x);
