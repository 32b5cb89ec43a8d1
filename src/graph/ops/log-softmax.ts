import { axisOf } from "../axes.ts";
import { inNameOf } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";
import { max } from "./max.ts";
import { stopGradient } from "./stop-gradient.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/**
 * x − log Σ eˣ along `axis` (default: the last), without overflow: the maximum is taken off first. [...] →
 * [...].
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const at = axisOf("logSoftmax", x, axis);
  return inNameOf("logSoftmax", () => {
    // Of no numbers: none, and no maximum is asked for.
    if (x.shape[at] === 0) return log(x);
    const shifted = sub(x, stopGradient(max(x, at, { keep: true })));
    return sub(shifted, log(sum(exp(shifted), at, { keep: true })));
  });
}
