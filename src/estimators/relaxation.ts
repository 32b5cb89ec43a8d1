import {
  add,
  concat,
  expandDims,
  gradients,
  log,
  log1p,
  maximum,
  mul,
  neg,
  sigmoid,
  slice,
  softplus,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from "../graph/index.ts";
import type { Key } from "../random/index.ts";
import { choice } from "./options/option.ts";

/** Uniform draws are multiples of 2⁻²⁴: a draw of 0 stands for the numbers below that, and this is the middle of them. */
const LEAST = 2 ** -25;
const positive = (u: Tensor): Tensor => maximum(u, LEAST);

/**
 * The noisy pre-activation z = a + logistic noise, of the uniform draw u that decides the bit: z > 0 exactly where u < σ(a).
 * ∂z/∂a = 1. a, u [B, H] → [B, H]
 */
export const noisyLogit = (a: Tensor, u: Tensor): Tensor => sub(a, sub(log(positive(u)), log1p(neg(u))));

/** The layer's first draw, and the bits that it decides: those of `bernoulli.sample` with the same key. */
export function drawBits(a: Tensor, key: Key): { u: Tensor; p: Tensor; b: Tensor } {
  const p = sigmoid(a);
  const u = key.uniform(a.shape, { dtype: a.dtype });
  return { u, p, b: u.less(p) };
}

/**
 * A noisy pre-activation given the bit that it decides, of a uniform draw v that knows nothing of the bit: above 0 where b = 1,
 * below where b = 0. `slope` is its derivative with respect to a, v and b held fixed.
 * Tucker et al. 2017, appendix, https://arxiv.org/abs/1703.07370. a, b, v [B, H] → [B, H]
 */
export function noisyLogitGiven(a: Tensor, b: Tensor, v: Tensor): { z: Tensor; slope: Tensor } {
  const sign = sub(mul(b, 2), 1);
  const inner = add(mul(sign, a), log1p(neg(v)));
  return { z: mul(sign, sub(softplus(inner), log(positive(v)))), slope: sigmoid(inner) };
}

/** The option of control variates on a relaxation: how the draw given the bit is coupled to the draw that decided it. */
export const couplingOption = choice(
  ["tied", "independent"],
  "tied",
  "the noise given the bit; tied: that of the bit itself, as in the authors' code, one pass less; independent: a draw of its own, as in RELAX's algorithm",
);

/**
 * A control variate made of a function c of the noisy pre-activations: `value` c(z̃) [B] and `gradient`
 * ∂c(z)/∂a − ∂c(z̃)/∂a [B, H], where z is the noise that decided the bits b and z̃ noise given b. For every c,
 * E[gradient] = E[value·(b − σ(a))], so that (f(b) − value)(b − σ(a)) + gradient is unbiased if f(b)(b − σ(a)) is.
 *
 * What c knows besides z (the pre-activations, say) is held fixed: its own derivatives cancel in the mean. Tied, z̃ = z in value,
 * and only the derivatives differ: ∂z̃/∂a is (p − u)/(1 − u) where b = 1 and (u − p)/u where b = 0.
 * @param c K copies of the batch [K·B, H] → [K·B]; its derivative may be taken twice
 */
export function relaxedControl(
  a: Tensor,
  key: Key,
  { u, p, b }: { readonly u: Tensor; readonly p: Tensor; readonly b: Tensor },
  coupling: "tied" | "independent",
  c: (z: Tensor) => Tensor,
): { value: Tensor; gradient: Tensor } {
  const at = stopGradient(a);
  const z = noisyLogit(at, u);
  if (coupling === "tied") {
    const value = c(z);
    // 1 − ∂z̃/∂a
    const share = where(b, sigmoid(neg(at)).div(sub(1, u)), stopGradient(p).div(positive(u)));
    return { value, gradient: mul(gradients(sum(value), [z])[0]!, share) };
  }
  const given = noisyLogitGiven(at, b, key.fold(1).uniform(a.shape, { dtype: a.dtype }));
  const both = concat([z, given.z], 0);
  const values = c(both);
  const [slopes] = gradients(sum(values), [both]);
  const half = a.shape[0]!;
  return {
    value: slice(values, half),
    gradient: sub(slice(slopes!, 0, half), mul(slice(slopes!, half), given.slope)),
  };
}

/** ĝ = (f − value)(b − p) + gradient. */
export const withControl = (
  f: Tensor,
  { p, b }: { readonly p: Tensor; readonly b: Tensor },
  { value, gradient }: { readonly value: Tensor; readonly gradient: Tensor },
): Tensor => add(mul(stopGradient(sub(b, p)), expandDims(sub(stopGradient(f), value), 1)), gradient);
