import type { Reason } from "../../../../src/experiments/slowness/decomposition.ts";

/** A network and the reasons that are on in it. */
interface Switched {
  readonly arm: string;
  readonly reasons: readonly Reason[];
}

/**
 * The network with one reason switched on or off. A derivative is only pretended where neurons decide: without decisions that reason
 * goes too, and it brings them.
 */
export function switched<A extends Switched>(arms: readonly A[], now: A, reason: Reason, on: boolean): A {
  const wanted = new Set<Reason>(now.reasons.filter((other) => other !== reason));
  if (on) wanted.add(reason);
  if (reason === "quantisation" && !on) wanted.delete("bias");
  if (reason === "bias" && on) wanted.add("quantisation");
  return arms.find(({ reasons }) => reasons.length === wanted.size && reasons.every((one) => wanted.has(one))) ?? now;
}
