import {
  abs,
  add,
  div,
  exp,
  greater,
  mul,
  neg,
  square,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from "../../graph/index.ts";

/** erfc(z) ≈ t·exp(−z² + Σ cₖ tᵏ), t = 1/(1 + z/2), for z ≥ 0, within 1.2e-7 of its value (Press et al., Numerical Recipes, §6.2). */
const C = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** Φ(x), the probability that a standard normal is below x, to a relative error of 1.2e-7 for x < 0. x [...] → [...] */
export function normalCdf(x: Tensor): Tensor {
  const z = mul(abs(x), Math.SQRT1_2);
  const t = div(1, add(1, mul(z, 0.5)));
  const series = C.slice(0, -1).reduceRight<TensorLike>((tail, c) => add(c, mul(t, tail)), C.at(-1)!);
  const tail = mul(mul(t, exp(sub(series, square(z)))), 0.5);
  return where(greater(x, 0), sub(1, tail), tail);
}

/** φ(x) = e^(−x²/2) / √(2π), the standard normal density. x [...] → [...] */
export const normalDensity = (x: Tensor): Tensor => mul(exp(neg(mul(square(x), 0.5))), 1 / Math.sqrt(2 * Math.PI));
