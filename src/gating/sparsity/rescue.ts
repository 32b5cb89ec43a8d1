import { add, less, mul, NdArray, type Tensor } from "../../graph/index.ts";
import { number } from "../../options/index.ts";
import { control } from "./control.ts";
import { openShares, target } from "./rules.ts";
import type { Gates, SparsityCard } from "./sparsity.ts";

const card: SparsityCard = {
  name: "rescue",
  title: "rescue of dead units",
  summary: "Pushes up the bias of every gate whose moving average of firing is under the target.",
  formula: String.raw`b_i\gets b_i+\gamma\,\mathbb 1[m_i<s],\quad m_i\gets\rho m_i+(1-\rho)\bar h_i`,
  needs: "nothing",
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 3.1",
};

const options = {
  target: target("s: a gate that is open for a smaller share of examples is pushed"),
  step: number({ above: 0 }, "γ: how far its bias is pushed in a step", { default: 0.01 }),
  decay: number({ atLeast: 0, below: 1 }, "ρ: how much of the moving average stays in a step", { default: 0.99 }),
};

/**
 * mᵢ ← ρ mᵢ + (1 − ρ)·(share of the step's examples for which gate i was open), and bᵢ ← bᵢ + γ where mᵢ < s. The averages start at 1: a
 * gate counts as alive until it has been closed for long. Throws UserError for a number out of its range.
 */
export const rescue = control(card, options, ({ target, step, decay }) => {
  const moved = (gates: Gates, firing: Tensor): Tensor => add(mul(firing, decay), mul(openShares(gates), 1 - decay));
  return {
    card,
    target,
    init: (gates) => ({ firing: new NdArray(new Float32Array(gates).fill(1), [gates]) }),
    next: (gates, { firing }) => ({ firing: moved(gates, firing!) }),
    moveBias: (bias, gates, { firing }) => add(bias, mul(less(moved(gates, firing!), target), step)),
  };
});
