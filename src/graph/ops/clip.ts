import { lift } from "../elementwise.ts";
import { inNameOf } from "../site.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { maximum } from "./maximum.ts";
import { minimum } from "./minimum.ts";

/**
 * x kept between `low` and `high`, with broadcasting. No gradient flows outside, and half of it on a bound.
 * [...] → [...].
 */
export function clip(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  const [value, least, most] = lift("clip", x, low, high) as [Tensor, Tensor, Tensor];
  return inNameOf("clip", () => minimum(maximum(value, least), most));
}
