import { mean, notEqual, type Tensor } from "../../graph/index.ts";
import { number } from "../../options/index.ts";

/** A share of gates that can be wanted. */
export const target = (description: string) => number({ above: 0, below: 1 }, description, { required: true });

/** The share of examples for which each gate was open. sent [R, K] → [K] */
export const openShares = (sent: Tensor): Tensor => mean(notEqual(sent, 0), 0);
