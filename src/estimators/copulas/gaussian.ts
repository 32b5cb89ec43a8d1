import {
  abs,
  add,
  div,
  exp,
  less,
  minimum,
  mul,
  sigmoid,
  softplus,
  square,
  sub,
  type Tensor,
} from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";
import { gaussLegendre } from "../../statistics/gauss-legendre.ts";
import { total } from "../total.ts";
import { normalOfLogit, normalOfUniform } from "../units/normal-quantile.ts";
import type { Copula } from "./copula.ts";

/**
 * K standard normal variables whose sum is 0, so that each two have the correlation −1/(K − 1), the least that there is. The
 * first is given; the others are −first/(K − 1) and what K − 1 independent ones differ from their mean by.
 */
export function balancedNormals(first: Tensor, key: Key, K: number): Tensor[] {
  const centre = div(first, 1 - K);
  if (K === 2) return [first, centre];
  const free = Array.from({ length: K - 1 }, (_, k) => key.fold(k + 1).normal(first.shape, { dtype: first.dtype }));
  const mean = div(total(free), K - 1);
  return [first, ...free.map((z) => add(centre, mul(sub(z, mean), Math.sqrt(K / (K - 1)))))];
}

type Rule = readonly { readonly y: number; readonly weight: number }[];
let known: Rule | undefined;
/** Gauss–Legendre on [0, 1], computed where it is first asked for: whoever only imports the library doesn't wait for it. */
const rule = (): Rule => {
  known ??= gaussLegendre(24).map(({ at, weight }) => ({ y: (1 + at) / 2, weight: weight / 2 }));
  return known;
};
/** Where exp(−x²/2) is nothing beside 1 in double precision. */
const NOTHING = 8.5;

/**
 * A unit is 1 where a normal variable is below t = Φ⁻¹(p). p − P(1,1) = 2T(|t|, α), T Owen's function and α² = K/(K − 2):
 * T(h, α) = exp(−h²/2)/2π · ∫₀^α exp(−h²x²/2)/(1 + x²) dx. The correction is taken from the logarithms of min(p, 1 − p) and
 * exp(−h²/2), whose quotient is harmless where both vanish.
 */
export const gaussian: Copula = {
  samples(a, key, K) {
    const u = key.uniform(a.shape, { dtype: a.dtype });
    const t = normalOfLogit(a);
    const [, ...others] = balancedNormals(normalOfUniform(u), key, K);
    return [less(u, sigmoid(a)), ...others.map((z) => less(z, t))];
  },
  correction(a, K) {
    const size = abs(a);
    if (K === 2) return sigmoid(size);
    const h = abs(normalOfLogit(a));
    const end = minimum(Math.sqrt(K / (K - 2)), div(NOTHING, h));
    const integral = mul(
      end,
      total(
        rule().map(({ y, weight }) => {
          const x = mul(end, y);
          return div(mul(exp(mul(square(mul(h, x)), -0.5)), weight), add(square(x), 1));
        }),
      ),
    );
    const quotient = exp(sub(div(square(h), 2), softplus(size)));
    return mul(sigmoid(size), div(mul(quotient, Math.PI), integral));
  },
};
