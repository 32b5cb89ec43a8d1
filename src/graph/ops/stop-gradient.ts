import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export const stopGradientOp: Op = {
  name: "stopGradient",
  spec: ([x]) => x!,
  isAlias: true,
  zeroWhere: "first",
  reference: ([x], _, output) => output.data.set(x!.data),
};

/** x, as a constant to differentiation. [...] → [...]. */
export const stopGradient = (x: Tensor): Tensor => apply(stopGradientOp, [x], undefined);
