import type { Tensor } from "../tensor.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { constant } from "./constant.ts";

/** Zeros with x's shape and dtype. */
export const zerosLike = (x: Tensor): Tensor => broadcastTo(constant(0, x.dtype), x.shape);
