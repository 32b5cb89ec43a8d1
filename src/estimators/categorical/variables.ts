import { mul, reshape, sub, sum, type Tensor } from "../../graph/index.ts";
import { checkClasses } from "../estimator.ts";
import { number } from "../options/option.ts";

/** The option that every categorical estimator has. */
export const classesOption = number(
  2,
  { whole: true, atLeast: 2 },
  "classes of each one-hot variable; a layer of H units is H / classes variables",
);

/** The option of estimators that output one-hot vectors and differentiate a softmax in their place. */
export const temperatureOption = number(
  1,
  { above: 0 },
  "τ of the softmax that is differentiated; the sample does not depend on it",
);

/**
 * A layer's units as its N variables of C classes each. Throws UserError where H is not a multiple of C.
 * @param x [B, H]
 * @returns [B, N, C]
 */
export function variables(x: Tensor, classes: number): Tensor {
  const [batch, units] = x.shape as [number, number];
  checkClasses(units, classes);
  return reshape(x, [batch, units / classes, classes]);
}

/** The other way round. [B, N, C] → [B, H] */
export const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]!]);

/** Jg with J = diag(p) − ppᵀ, the Jacobian of the softmax that gave p, for each variable. p, g [B, N, C] → [B, N, C] */
export const softmaxBackward = (p: Tensor, g: Tensor): Tensor => mul(p, sub(g, sum(mul(p, g), -1, { keep: true })));
