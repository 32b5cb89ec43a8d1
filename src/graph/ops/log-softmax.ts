import { resolveAxes } from "../axes.ts";
import type { Tensor } from "../tensor.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";
import { max } from "./max.ts";
import { stopGradient } from "./stop-gradient.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/** x − log Σ eˣ along `axis` (the last when left out), without overflow: the maximum is taken off first. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const axes = resolveAxes("logSoftmax", x.shape, axis);
  const shifted = sub(x, stopGradient(max(x, axes, { keep: true })));
  return sub(shifted, log(sum(exp(shifted), axes, { keep: true })));
}
