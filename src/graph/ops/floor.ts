import { applyElementwise, elementwise } from "../elementwise.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

export const floorOp = elementwise("floor", {
  f: (x) => Math.floor(x),
  codes: { float32: "FLOOR" },
});

/** The largest whole number that is not above x. No gradient flows through it. [...] → [...]. */
export const floor = (x: TensorLike): Tensor => applyElementwise(floorOp, x);
