import {
  abs,
  div,
  exp,
  less,
  log,
  maximum,
  mul,
  sigmoid,
  softplus,
  sub,
  type Tensor,
  where,
} from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";
import type { Copula } from "./copula.ts";

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
export function dirichletUniforms(first: Tensor, key: Key, K: number): Tensor[] {
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
 * A unit's rarer value is what a Dirichlet variable below q = min(p, 1 − p) stands for: near 0 they repel most.
 * As P(v, v' < q) = max(0, 2q^(1/(K−1)) − 1)^(K−1), the correction is σ(|a|) / (1 − max(0, 2 − q^(−1/(K−1)))^(K−1)), where nothing
 * cancels however certain the unit is: a number from ½ to 2.
 */
export const dirichlet: Copula = {
  samples(a, key, K) {
    const p = sigmoid(a);
    const u = key.uniform(a.shape, { dtype: a.dtype });
    const rarelyOn = less(a, 0);
    const [, ...others] = dirichletUniforms(where(rarelyOn, u, sub(1, u)), key, K);
    return [less(u, p), ...others.map((v) => less(where(rarelyOn, v, sub(1, v)), p))];
  },
  correction(a, K) {
    const size = abs(a);
    const inverseRoot = exp(mul(softplus(size), 1 / (K - 1)));
    return div(sigmoid(size), sub(1, power(maximum(sub(2, inverseRoot), 0), K - 1)));
  },
};
