import type { Tensor, TensorLike } from "../tensor.ts";
import { less } from "./less.ts";

/** 1 where a > b, else 0: a float mask, without gradient. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => less(b, a);
