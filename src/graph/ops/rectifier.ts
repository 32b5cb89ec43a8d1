import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { greater } from "./greater.ts";
import { mul } from "./mul.ts";

export const rectifierOp = elementwise("rectifier", {
  f: (x) => Math.max(x, 0),
  derivative: ({ output }, g) => [mul(g, greater(output, 0))],
  codes: { float32: "RELU" },
});

/** max(x, 0); its derivative at 0 is 0. [...] → [...]. */
export const rectifier = (x: TensorLike): Tensor => applyElementwise(rectifierOp, x);
