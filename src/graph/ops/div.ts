import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

export const divOp = elementwise("div", {
  f: (a, b) => a / b,
  derivative: ({ inputs: [, b], output }, g) => [div(g, b!), neg(div(mul(g, output), b!))],
  codes: { float32: "DIV" },
  neutral: { right: 1 },
  zeroWhere: "first",
});

/** a / b element by element, with broadcasting. [...] and [...] → [...]. */
export const div = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(divOp, a, b);
