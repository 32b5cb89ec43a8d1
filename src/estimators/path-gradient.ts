import { customGradient, gradients, stopGradient, sum, type Tensor } from "../graph/index.ts";
import type { Downstream } from "./estimator.ts";

/**
 * The loss of each example and its derivative with respect to what the units sent, both as constants: the downstream network
 * learns nothing from the call.
 * @param h     [B, H] or [K·B, H]
 * @param mode  what later layers output: samples, or their readouts
 * @returns     loss [B] or [K·B], gradient of h's shape
 */
export function pathGradient(
  downstream: Downstream,
  h: Tensor,
  mode: "path" | "mean" = "path",
): { loss: Tensor; gradient: Tensor } {
  const at = stopGradient(h);
  const loss = downstream(at, mode);
  const [gradient] = gradients(sum(loss), [at]);
  return { loss: stopGradient(loss), gradient: stopGradient(gradient!) };
}

/**
 * `loss`, which the downstream network made of `sent`, as a path call gives it: its gradient flows to `sent` and to nothing else that
 * it is made of. The gradient may be differentiated again.
 */
export const alongPath = (loss: Tensor, sent: Tensor): Tensor =>
  customGradient(loss, [sent], (grad) => gradients(loss, [sent], grad));
