import type { Tensor, TensorLike } from "../tensor.ts";
import { maximum } from "./maximum.ts";
import { minimum } from "./minimum.ts";

/** x kept between `low` and `high`, with broadcasting. No gradient flows outside, and half of it on a bound. */
export const clip = (x: Tensor, low: TensorLike, high: TensorLike): Tensor => minimum(maximum(x, low), high);
