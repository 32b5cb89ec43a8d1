import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { div } from "./div.ts";

export const logOp = elementwise("log", {
  f: (x) => Math.log(x),
  derivative: ({ inputs: [x] }, g) => [div(g, x!)],
  codes: { float32: "LOG" },
});

/** The natural logarithm: −∞ at 0, NaN below. [...] → [...]. */
export const log = (x: TensorLike): Tensor => applyElementwise(logOp, x);
