import { resolveAxes } from "../axes.ts";
import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { max } from "./max.ts";
import { stopGradient } from "./stop-gradient.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/** eˣ / Σ eˣ along `axis` (the last when left out), without overflow: the maximum is taken off first. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const axes = resolveAxes("softmax", x.shape, axis);
  const weights = exp(sub(x, stopGradient(max(x, axes, { keep: true }))));
  return div(weights, sum(weights, axes, { keep: true }));
}
