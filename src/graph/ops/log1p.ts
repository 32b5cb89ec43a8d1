import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";

export const log1pOp = elementwise("log1p", {
  f: (x) => Math.log1p(x),
  derivative: ({ inputs: [x] }, g) => [div(g, add(x!, 1))],
  codes: { float32: "LOG1P" },
});

/** log(1 + x), exact for small x. [...] → [...]. */
export const log1p = (x: TensorLike): Tensor => applyElementwise(log1pOp, x);
