import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";

/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor => div(1, x);
