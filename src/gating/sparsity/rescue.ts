import { add, less, mul, NdArray, type Tensor } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import { checkTarget, openShares } from "./rules.ts";
import type { Gates, Sparsity, SparsityCard } from "./sparsity.ts";

export interface RescueConfig {
  readonly name: "rescue";
  /** A gate that is open for a smaller share of examples is pushed, above 0 and below 1. */
  readonly target: number;
  /** How far its bias is pushed in a step; 0.01 when left out. */
  readonly step?: number | undefined;
  /** How much of the moving average stays in a step, from 0 to below 1; 0.99 when left out. */
  readonly decay?: number | undefined;
}

export const rescueCard: SparsityCard = {
  name: "rescue",
  title: "rescue of dead units",
  summary: "Pushes up the bias of every gate whose moving average of firing is under the target.",
  formula: String.raw`b_i\gets b_i+\gamma\,\mathbb 1[m_i<s],\quad m_i\gets\rho m_i+(1-\rho)\bar h_i`,
  needs: "nothing",
  options: {
    target: "s: a gate that is open for a smaller share of examples is pushed",
    step: "γ: how far its bias is pushed in a step; 0.01 when left out",
    decay: "ρ: how much of the moving average stays in a step; 0.99 when left out",
  },
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 3.1",
};

/**
 * mᵢ ← ρ mᵢ + (1 − ρ)·(share of the step's examples for which gate i was open), and bᵢ ← bᵢ + γ where mᵢ < s. The averages start at 1: a
 * gate counts as alive until it has been closed for long. Throws UserError for a number out of its range.
 */
export function rescue({ target, step = 0.01, decay = 0.99 }: RescueConfig): Sparsity {
  checkTarget("sparsity rescue", target);
  checkNumber("sparsity rescue: step", step, { above: 0 });
  checkNumber("sparsity rescue: decay", decay, { atLeast: 0, below: 1 });
  const moved = ({ sent }: Gates, firing: Tensor): Tensor => add(mul(firing, decay), mul(openShares(sent), 1 - decay));
  return {
    card: rescueCard,
    target,
    init: (gates) => ({ firing: new NdArray(new Float32Array(gates).fill(1), [gates]) }),
    next: (gates, { firing }) => ({ firing: moved(gates, firing!) }),
    moveBias: (bias, gates, { firing }) => add(bias, mul(less(moved(gates, firing!), target), step)),
  };
}
