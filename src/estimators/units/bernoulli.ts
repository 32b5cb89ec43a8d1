import { less, sigmoid, sub, type Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";
import type { Unit } from "../estimator.ts";

/**
 * The binary stochastic neuron: h = 1[u < σ(a)], u uniform on [0, 1), so that P(h = 1) = E[h] = σ(a).
 * No gradient flows through `sample`. Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 2.
 */
export const bernoulli: Unit = {
  sample: (a, key) => key.bernoulli(sigmoid(a)),
  readout: sigmoid,
  rate: sigmoid,
  stochastic: true,
  formula: "1[u < σ(a)]",
};

/** K independent samples of units that are 1 with probability p; the first is what the unit outputs. p [B, H] → K of [B, H] */
export const independent = (p: Tensor, key: Key, K: number): Tensor[] =>
  Array.from({ length: K }, (_, k) => (k === 0 ? key : key.fold(k)).bernoulli(p));

/**
 * An antithetic pair, made of one draw u: b = 1[u < p] is what the unit outputs, its twin is 1[1 − u < p]. Both are 1 with
 * probability p, and where p ≤ ½ never both at once. All [B, H].
 */
export function antithetic(p: Tensor, key: Key): { u: Tensor; b: Tensor; twin: Tensor } {
  const u = key.uniform(p.shape, { dtype: p.dtype });
  return { u, b: less(u, p), twin: less(sub(1, u), p) };
}
