import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";

/** x². */
export const square = (x: Tensor): Tensor => mul(x, x);
