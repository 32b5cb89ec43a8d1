import {
  abs,
  add,
  div,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  sign,
  softplus,
  sqrt,
  sub,
  type Tensor,
  tanh,
  where,
} from "../../graph/index.ts";

/** Numerator and denominator of three fits: near ½, in the tails, and far out in them. Powers rise. */
const CENTRE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const;
const TAIL = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;
const FAR = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;

const polynomial = (coefficients: readonly number[], x: Tensor): Tensor =>
  coefficients
    .slice(0, -2)
    .reduceRight((t, c) => add(mul(t, x), c), add(mul(x, coefficients.at(-1)!), coefficients.at(-2)!));
const quotient = ([over, under]: readonly [readonly number[], readonly number[]], x: Tensor): Tensor =>
  div(polynomial(over, x), polynomial(under, x));

/**
 * Φ⁻¹(p), good to about 1e-16, for numbers only: nothing flows back. Wichura 1988, Algorithm AS 241, https://doi.org/10.2307/2347330
 * @param centred p − ½
 * @param tail    −log min(p, 1 − p), up to 700
 */
function quantile(centred: Tensor, tail: Tensor): Tensor {
  const r = sqrt(tail);
  const size = where(less(r, 5), quotient(TAIL, sub(r, 1.6)), quotient(FAR, sub(r, 5)));
  const near = mul(centred, quotient(CENTRE, sub(0.180625, mul(centred, centred))));
  return where(less(abs(centred), 0.425), near, mul(sign(centred), size));
}

/** What stands for a draw of 0, which has no quantile: less than any other draw, which has 24 bits. */
const LEAST = 2 ** -60;

/** Φ⁻¹(u) of uniform draws. */
export const normalOfUniform = (u: Tensor): Tensor =>
  quantile(sub(u, 0.5), neg(log(maximum(minimum(u, sub(1, u)), LEAST))));

/** Φ⁻¹(σ(a)): the threshold below which a normal variable has the probability of a unit. */
export const normalOfLogit = (a: Tensor): Tensor => quantile(mul(tanh(mul(a, 0.5)), 0.5), softplus(abs(a)));
