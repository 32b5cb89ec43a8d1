import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";

export const softplusOp = elementwise("softplus", {
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  derivative: ({ inputs: [x] }, g) => [mul(g, sigmoid(x!))],
  codes: { float32: "SOFTPLUS" },
});

/** log(1 + eˣ), for large |x| too. [...] → [...]. */
export const softplus = (x: TensorLike): Tensor => applyElementwise(softplusOp, x);
