import { div, maximum, mean, mul, notEqual, reshape, sum, type Tensor } from "../../graph/index.ts";
import { number } from "../../options/index.ts";
import type { Gates } from "./sparsity.ts";

/** A share of gates that can be wanted. */
export const target = (description: string) => number({ above: 0, below: 1 }, description, { required: true });

/** The mean over the rows that count. [R, …] → […] */
export function meanOfCounted(x: Tensor, { counted }: Gates): Tensor {
  if (!counted) return mean(x, 0);
  const weights = reshape(counted, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]);
  return div(sum(mul(x, weights), 0), maximum(sum(counted), 1));
}

/** The share of examples for which each gate was open. → [K] */
export const openShares = (gates: Gates): Tensor => meanOfCounted(notEqual(gates.sent, 0), gates);
