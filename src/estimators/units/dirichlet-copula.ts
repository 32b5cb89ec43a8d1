import { div, exp, log, maximum, mul, sigmoid, softplus, sub, type Tensor } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";

/** xⁿ for a whole n ≥ 1, by products: it takes 0 and gives no NaN. */
const power = (x: Tensor, n: number): Tensor => Array.from({ length: n - 1 }).reduce<Tensor>((t) => mul(t, x), x);
/** x^(1/n). Nothing is rounded where n is 1. */
const root = (x: Tensor, n: number): Tensor => (n === 1 ? x : exp(mul(log(x), 1 / n)));

/**
 * K uniform variables that repel each other: v_k = (1 − d_k)^(K−1), d ~ Dirichlet(1, …, 1) on the simplex Σ d = 1. The first is
 * given, the others are drawn conditional on it, a stick broken piece by piece: of what is left, the rest after piece k has
 * the distribution of w^(1/(K−k)) times it, w uniform.
 * @param first [B, H] uniform
 * @returns     K of [B, H]
 */
export function dirichletCopula(first: Tensor, key: Key, K: number): Tensor[] {
  let left = root(first, K - 1);
  const others: Tensor[] = [];
  for (let k = 1; k < K - 1; k++) {
    const w = key.fold(k).uniform(first.shape, { dtype: first.dtype, open: true });
    const rest = mul(left, root(w, K - 1 - k));
    others.push(sub(left, rest));
    left = rest;
  }
  return [first, ...[...others, left].map((d) => power(sub(1, d), K - 1))];
}

/**
 * p(1 − p) / (q − P(v_1 < q, v_2 < q)) at q = min(p, 1 − p): what a leave-one-out estimate from these samples is multiplied with to
 * be unbiased. As P(v_1 < q, v_2 < q) = max(0, 2q^(1/(K−1)) − 1)^(K−1), it is σ(|a|) / (1 − max(0, 2 − q^(−1/(K−1)))^(K−1)), where
 * nothing cancels however certain the unit is: a fraction from ½ to 2.
 * @param size [B, H] |a|; q = σ(−|a|)
 */
export function dirichletCorrection(size: Tensor, K: number): Tensor {
  const inverseRoot = exp(mul(softplus(size), 1 / (K - 1)));
  return div(sigmoid(size), sub(1, power(maximum(sub(2, inverseRoot), 0), K - 1)));
}
