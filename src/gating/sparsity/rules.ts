import { mean, notEqual, type Tensor } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";

/** Throws UserError unless `target` is a share of gates that can be wanted: above 0 and below 1. */
export function checkTarget(subject: string, target: unknown): asserts target is number {
  checkNumber(`${subject}: target`, target, { above: 0, below: 1 });
}

/** The share of examples for which each gate was open. sent [R, K] → [K] */
export const openShares = (sent: Tensor): Tensor => mean(notEqual(sent, 0), 0);
