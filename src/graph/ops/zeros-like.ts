import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { constant } from "./constant.ts";

/** Zeros with x's shape and dtype. */
export function zerosLike(x: Tensor): Tensor {
  checkTensors("zerosLike", [x]);
  return broadcastTo(constant(0, x.dtype), x.shape);
}
