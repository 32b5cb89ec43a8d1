import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const addOp = elementwise("add", {
  f: (a, b) => a + b,
  derivative: (_, g) => [g, g],
  integers: true,
});

/** a + b, with broadcasting. */
export const add = (a: TensorLike, b: TensorLike): Tensor => applyElementwise(addOp, a, b);
