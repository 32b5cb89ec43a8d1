import { abs, clip, greater, less, mean, mul, NdArray, notEqual, sum, where } from "../../graph/index.ts";
import { number } from "../../options/index.ts";
import { control } from "./control.ts";
import { meanOfCounted, openShares, target } from "./rules.ts";
import type { SparsityCard } from "./sparsity.ts";

const card: SparsityCard = {
  name: "adaptive-l1",
  title: "adaptive L1",
  summary: "Adds the gates' absolute values to the loss, times a weight that grows while too many are open.",
  formula: String.raw`\lambda\sum_i|h_i|,\quad\lambda\gets 1.1\lambda\text{ above }s+0.01,\ 0.9\lambda\text{ below }s-0.01`,
  needs: "derivatives through what gates send",
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

/** λ stays within these. */
const [LEAST, MOST] = [1e-12, 1];

const options = {
  target: target("s: the share of open gates wanted"),
  weight: number({ atLeast: LEAST, atMost: MOST }, "λ before the first step", { default: 1e-5 }),
  up: number({ atLeast: 1 }, "λ's factor where too many gates are open", { default: 1.1 }),
  down: number({ above: 0, atMost: 1 }, "λ's factor where too few are", { default: 0.9 }),
  tolerance: number({ atLeast: 0 }, "how far the share may be from the target before λ moves", { default: 0.01 }),
};

/**
 * λ Σᵢ |hᵢ|, a mean over examples, with λ moved after each step by the share of gates that were open in it: times `up` above
 * target + tolerance, times `down` below target − tolerance, within [1e-12, 1].
 * Throws UserError for a number out of its range.
 */
export const adaptiveL1 = control(card, options, ({ target, weight, up, down, tolerance }) => {
  return {
    card,
    target,
    init: () => ({ lambda: new NdArray(Float32Array.of(weight), []) }),
    penalty: (gates, { lambda }) => mul(meanOfCounted(sum(abs(gates.sent), 1), gates), lambda!),
    next(gates, { lambda }) {
      const open = gates.counted ? mean(openShares(gates)) : mean(notEqual(gates.sent, 0));
      const lower = where(less(open, target - tolerance), mul(lambda!, down), lambda!);
      const moved = where(greater(open, target + tolerance), mul(lambda!, up), lower);
      return { lambda: clip(moved, LEAST, MOST) };
    },
  };
});
