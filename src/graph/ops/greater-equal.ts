import { lift } from "../elementwise.ts";
import { inNameOf } from "../site.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { lessEqual } from "./less-equal.ts";

/** 1 where a ≥ b, else 0: a float mask, without gradient. [...] and [...] → [...]. */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  const [first, second] = lift("greaterEqual", a, b) as [Tensor, Tensor];
  return inNameOf("greaterEqual", () => lessEqual(second, first));
}
