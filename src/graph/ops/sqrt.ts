import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

export const sqrtOp = elementwise("sqrt", {
  f: (x) => Math.sqrt(x),
  derivative: ({ output }, g) => [div(g, mul(output, 2))],
  codes: { float32: "SQRT" },
});

/** √x; NaN below 0. [...] → [...]. */
export const sqrt = (x: TensorLike): Tensor => applyElementwise(sqrtOp, x);
