import { axisOf } from "../axes.ts";
import { inNameOf } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { max } from "./max.ts";
import { stopGradient } from "./stop-gradient.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/**
 * eˣ / Σ eˣ along `axis` (default: the last), without overflow: the maximum is taken off first. [...] →
 * [...].
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  const at = axisOf("softmax", x, axis);
  return inNameOf("softmax", () => {
    // Of no numbers: none, and no maximum is asked for.
    if (x.shape[at] === 0) return exp(x);
    const weights = exp(sub(x, stopGradient(max(x, at, { keep: true }))));
    return div(weights, sum(weights, at, { keep: true }));
  });
}
