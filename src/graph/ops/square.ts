import { inNameOf } from "../site.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./mul.ts";

/** The square x². [...] → [...] */
export const square = (x: TensorLike): Tensor => inNameOf("square", () => mul(x, x));
