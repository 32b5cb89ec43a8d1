import type { Tensor, TensorLike } from "../tensor.ts";
import { lessEqual } from "./less-equal.ts";

/** 1 where a ≥ b, else 0: a float mask, without gradient. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => lessEqual(b, a);
