import type { Axes, ReduceOptions } from "../axes.ts";
import { inNameOf } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { mean } from "./mean.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";

/**
 * The mean squared deviation from the mean over `axes` (default: all): divided by n, not n − 1. [...] → [...]
 * without these axes.
 */
export const variance = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  inNameOf("variance", () => mean(square(sub(x, mean(x, axes, { keep: true }))), axes, options));
