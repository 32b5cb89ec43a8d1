import { inNameOf } from "../site.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { div } from "./div.ts";

/** The reciprocal 1 / x. [...] → [...] */
export const reciprocal = (x: TensorLike): Tensor => inNameOf("reciprocal", () => div(1, x));
