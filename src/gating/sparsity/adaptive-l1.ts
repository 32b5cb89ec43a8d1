import { abs, clip, greater, less, mean, mul, NdArray, notEqual, sum, where } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import { checkTarget } from "./rules.ts";
import type { Sparsity, SparsityCard } from "./sparsity.ts";

export interface AdaptiveL1Config {
  readonly name: "adaptive-l1";
  /** s: share of open gates wanted, above 0 and below 1. */
  readonly target: number;
  /** λ before the first step; 1e-5 when left out. */
  readonly weight?: number | undefined;
  /** λ's factor where too many gates are open; 1.1 when left out. */
  readonly up?: number | undefined;
  /** λ's factor where too few are; 0.9 when left out. */
  readonly down?: number | undefined;
  /** How far the share may be from the target before λ moves; 0.01 when left out. */
  readonly tolerance?: number | undefined;
}

export const adaptiveL1Card: SparsityCard = {
  name: "adaptive-l1",
  title: "adaptive L1",
  summary: "Adds the gates' absolute values to the loss, times a weight that grows while too many are open.",
  formula: String.raw`\lambda\sum_i|h_i|,\quad\lambda\gets 1.1\lambda\text{ above }s+0.01,\ 0.9\lambda\text{ below }s-0.01`,
  needs: "derivatives through what gates send",
  options: {
    target: "s: the share of open gates wanted",
    weight: "λ before the first step; 1e-5 when left out",
    up: "λ's factor where too many gates are open; 1.1 when left out",
    down: "λ's factor where too few are; 0.9 when left out",
    tolerance: "how far the share may be from the target before λ moves; 0.01 when left out",
  },
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

/** λ stays within these. */
const [LEAST, MOST] = [1e-12, 1];

/**
 * λ Σᵢ |hᵢ|, a mean over examples, with λ moved after each step by the share of gates that were open in it: times `up` above
 * target + tolerance, times `down` below target − tolerance, within [1e-12, 1].
 * Throws UserError for a number out of its range.
 */
export function adaptiveL1(config: AdaptiveL1Config): Sparsity {
  const { target, weight = 1e-5, up = 1.1, down = 0.9, tolerance = 0.01 } = config;
  checkTarget("sparsity adaptive-l1", target);
  checkNumber("sparsity adaptive-l1: weight", weight, { atLeast: LEAST, atMost: MOST });
  checkNumber("sparsity adaptive-l1: up", up, { atLeast: 1 });
  checkNumber("sparsity adaptive-l1: down", down, { above: 0, atMost: 1 });
  checkNumber("sparsity adaptive-l1: tolerance", tolerance, { atLeast: 0 });
  return {
    card: adaptiveL1Card,
    target,
    init: () => ({ lambda: new NdArray(Float32Array.of(weight), []) }),
    penalty: ({ sent }, { lambda }) => mul(mean(sum(abs(sent), 1)), lambda!),
    next({ sent }, { lambda }) {
      const open = mean(notEqual(sent, 0));
      const lower = where(less(open, target - tolerance), mul(lambda!, down), lambda!);
      const moved = where(greater(open, target + tolerance), mul(lambda!, up), lower);
      return { lambda: clip(moved, LEAST, MOST) };
    },
  };
}
