import { lift } from "../elementwise.ts";
import { inNameOf } from "../site.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { less } from "./less.ts";

/** 1 where a > b, else 0: a float mask, without gradient. [...] and [...] → [...]. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  const [first, second] = lift("greater", a, b) as [Tensor, Tensor];
  return inNameOf("greater", () => less(second, first));
}
