import type { Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { less } from "./less.ts";
import { lessEqual } from "./less-equal.ts";
import { mul } from "./mul.ts";

/** 1 where a > b, ½ where they are equal, 0 where a < b: the share of a maximum's gradient that a gets. */
export const above = (a: Tensor, b: Tensor): Tensor => mul(add(less(b, a), lessEqual(b, a)), 0.5);
