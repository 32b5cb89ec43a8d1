/*
 * Elementary functions on vectors, to about 2 ulp. NaN passes through all of them. The polynomials are those of
 * Cephes (S. Moshier, netlib.org/cephes, single precision).
 */
#pragma once
#include "vector.h"

#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
/* Adding and subtracting 1.5·2²³ rounds to the nearest integer, which then sits in the low bits. */
#define ROUNDER 12582912.0f
#define ROUNDER_BITS 0x4b400000

INLINE f32v power_of_two(i32v n) { return (f32v)((n + ALL_INT(127)) << 23); }

/** e^r − 1 for |r| ≤ ln 2 / 2. */
INLINE f32v expm1_small(f32v r) {
  /* In pairs: one term after the other, each would wait for the one before. */
  f32v square = r * r;
  f32v p = muladd(ALL(1.9875691500e-4f), r, ALL(1.3981999507e-3f));
  f32v b = muladd(ALL(8.3334519073e-3f), r, ALL(4.1665795894e-2f));
  f32v c = muladd(ALL(1.6666665459e-1f), r, ALL(5.0000001201e-1f));
  p = muladd(muladd(p, square, b), square, c);
  return muladd(p, square, r);
}

INLINE f32v exp_small(f32v r) { return expm1_small(r) + ALL(1.0f); }

/** e^x = e^r 2ⁿ; gives n. */
INLINE i32v split_exponent(f32v x, f32v *r) {
  f32v t = muladd(x, ALL(1.44269504088896341f), ALL(ROUNDER));
  f32v n = t - ALL(ROUNDER);
  *r = muladd(n, ALL(-LN2_LOW), muladd(n, ALL(-LN2_HIGH), x));
  return (i32v)((u32v)t - (u32v)ALL_INT(ROUNDER_BITS));
}

INLINE f32v vector_exp(f32v x) {
  f32v r;
  i32v n = split_exponent(at_least(at_most(x, ALL(89.0f)), ALL(-104.0f)), &r), half = n >> 1;
  /* 2ⁿ in two factors: n goes from −150 to 128, beyond what one exponent can hold. */
  return exp_small(r) * power_of_two(half) * power_of_two(n - half);
}

/** x = 2ⁿ (1 + f) with 1 + f in [√½, √2), for normal x > 0; gives n. */
INLINE i32v split_number(f32v x, f32v *f) {
  /* Both fall out of the distance in bits to √½. Without a sign: what is no normal number wraps, and is nobody's result. */
  i32v bits = (i32v)((u32v)x - (u32v)ALL_INT(0x3f3504f3));
  *f = (f32v)((bits & ALL_INT(0x007fffff)) + ALL_INT(0x3f3504f3)) - ALL(1.0f);
  return bits >> 23;
}

/** n ln 2 + ln(1 + f). */
INLINE f32v log_sum(i32v n, f32v f) {
  f32v e = __builtin_convertvector(n, f32v);
  f32v p = ALL(7.0376836292e-2f);
  p = muladd(p, f, ALL(-1.1514610310e-1f));
  p = muladd(p, f, ALL(1.1676998740e-1f));
  p = muladd(p, f, ALL(-1.2420140846e-1f));
  p = muladd(p, f, ALL(1.4249322787e-1f));
  p = muladd(p, f, ALL(-1.6668057665e-1f));
  p = muladd(p, f, ALL(2.0000714765e-1f));
  p = muladd(p, f, ALL(-2.4999993993e-1f));
  p = muladd(p, f, ALL(3.3333331174e-1f));
  f32v square = f * f;
  f32v tail = muladd(e, ALL(LN2_LOW), p * f * square);
  tail = muladd(square, ALL(-0.5f), tail);
  return muladd(e, ALL(LN2_HIGH), f + tail);
}

/** ln x for normal x > 0. */
INLINE f32v log_normal(f32v x) {
  f32v f;
  i32v n = split_number(x, &f);
  return log_sum(n, f);
}

/** ln x for what is no normal number above 0, with `y` = ln x in the other lanes. */
INLINE f32v log_special(f32v x, f32v y) {
  i32v tiny = (x < ALL(FLT_MIN)) & (x > 0.0f);
  if (any(tiny)) y = choose(tiny, log_normal(x * ALL(8388608.0f)) - ALL(15.942385152878742f), y);
  y = choose(x == 0.0f, ALL(-__builtin_inff()), y);
  y = choose(x < 0.0f, ALL(__builtin_nanf("")), y);
  return choose(x < ALL(__builtin_inff()), y, choose(x == ALL(__builtin_inff()), x, x + y));
}

/** Whether all lanes are normal numbers above 0. */
INLINE int all_normal(f32v x) { return !any(((u32v)x - (u32v)ALL_INT(0x00800000)) >= (u32v)ALL_INT(0x7f000000)); }

INLINE f32v vector_log(f32v x) {
  f32v y = log_normal(x);
  return __builtin_expect(all_normal(x), 1) ? y : log_special(x, y);
}

/** ln(1 + x) = n ln 2 + ln(1 + f + lost · 2⁻ⁿ) with 1 + x as rounded = 2ⁿ (1 + f), and with what rounding lost put back. */
INLINE f32v vector_log1p(f32v x) {
  f32v u = x + ALL(1.0f), f;
  i32v n = split_number(u, &f);
  /* 2¹⁻ⁿ and half of what was lost: 2⁻¹²⁸ has no exponent of its own. */
  f32v power = (f32v)((u32v)ALL_INT(0x40000000) - ((u32v)n << 23));
  f32v y = log_sum(n, muladd((x - (u - ALL(1.0f))) * ALL(0.5f), power, f));
  if (!__builtin_expect(all_normal(u), 1)) y = log_special(u, y);
  return choose(u == ALL(1.0f), x, y);
}

/**
 * 1 / (1 + e^−x). Below e^−87 nothing would be left beside 1, and smaller powers are subnormal numbers, which take a hundred times
 * as long; above e^88.4 2ⁿ is infinite, and the result 0.
 */
INLINE f32v vector_sigmoid(f32v x) {
  f32v r;
  i32v n = split_exponent(at_least(at_most(-x, ALL(89.0f)), ALL(-87.0f)), &r);
  return ALL(1.0f) / (ALL(1.0f) + exp_small(r) * power_of_two(n));
}

/** e^x for x ≤ 0: 2ⁿ in two factors, as n goes down to −150, of which one is always the same. */
INLINE f32v exp_negative(f32v x) {
  f32v r;
  i32v n = split_exponent(at_least(x, ALL(-104.0f)), &r);
  return exp_small(r) * (power_of_two(n + ALL_INT(64)) * ALL(0x1p-64f));
}

/**
 * max(x, 0) + ln(1 + y) with y = e^−|x|, and ln(1 + y) = y + y² q(y − ½). Of all polynomials of its degree, q has the least largest error relative
 * to the logarithm. It is summed in pairs: one term after the other, each would wait for the one before.
 */
INLINE f32v vector_softplus(f32v x) {
  f32v y = exp_negative(-absolute(x)), t = y - ALL(0.5f), square = t * t;
  f32v a = muladd(ALL(-9.32318561e-2f), t, ALL(1.79224886e-1f));
  f32v b = muladd(ALL(-2.89049995e-2f), t, ALL(5.10890592e-2f));
  f32v c = muladd(ALL(-1.01777045e-2f), t, ALL(1.66569859e-2f));
  f32v d = muladd(ALL(-3.31847161e-3f), t, ALL(6.93069323e-3f));
  f32v q = muladd(muladd(d, square, c), square * square, muladd(b, square, a));
  q = muladd(q, t, ALL(-3.78139559e-1f));
  /* A NaN comes by way of y. */
  return at_least(x, ALL(0.0f)) + muladd(y * y, q, y);
}

/** A polynomial near 0, and 1 − 2 / (e^2|x| + 1), which is 1 above 10. */
INLINE f32v vector_tanh(f32v x) {
  f32v magnitude = absolute(x), z = x * x, r;
  f32v p = ALL(-5.70498872745e-3f);
  p = muladd(p, z, ALL(2.06390887954e-2f));
  p = muladd(p, z, ALL(-5.37397155531e-2f));
  p = muladd(p, z, ALL(1.33314422036e-1f));
  p = muladd(p, z, ALL(-3.33332819422e-1f));
  f32v small = muladd(p * z, x, x);
  f32v power = power_of_two(split_exponent(at_most(magnitude + magnitude, ALL(20.0f)), &r));
  f32v large = ALL(1.0f) - ALL(2.0f) / (muladd(expm1_small(r), power, power) + ALL(1.0f));
  return choose(magnitude < ALL(0.625f), small, with_sign(large, sign_bit(x)));
}

/** Sine and cosine of r + quadrant·π/2, |r| ≤ π/4. */
INLINE void sine_cosine(f32v r, i32v quadrant, f32v *sine, f32v *cosine) {
  f32v z = r * r;
  f32v s = ALL(-1.9515295891e-4f);
  s = muladd(s, z, ALL(8.3321608736e-3f));
  s = muladd(s, z, ALL(-1.6666654611e-1f));
  s = muladd(s * z, r, r);
  f32v c = ALL(2.443315711809948e-5f);
  c = muladd(c, z, ALL(-1.388731625493765e-3f));
  c = muladd(c, z, ALL(4.166664568298827e-2f));
  c = muladd(c, z * z, muladd(z, ALL(-0.5f), ALL(1.0f)));
  i32v swap = (quadrant & 1) != 0;
  f32v sine_sign = (f32v)((quadrant & 2) << 30), cosine_sign = (f32v)(((quadrant + 1) & 2) << 30);
  *sine = (f32v)((i32v)choose(swap, c, s) ^ (i32v)sine_sign);
  *cosine = (f32v)((i32v)choose(swap, s, c) ^ (i32v)cosine_sign);
}

/** x less the nearest multiple of π/2, for lanes beyond the reach of the three-part float32 constant. */
NOINLINE void reduce_far(const float *x, float *r, int32_t *quadrant) {
  for (int i = 0; i < VW; i++) {
    double n = __builtin_floor(x[i] * 0.63661977236758134308 + 0.5);
    double rest = (x[i] - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
    /* Beyond 2⁵³ the quadrant means nothing; the result stays in [−1, 1], NaN for an infinity. */
    r[i] = (float)(rest > 1.0 ? 1.0 : rest < -1.0 ? -1.0 : rest);
    double turn = n - 4 * __builtin_floor(n * 0.25);
    quadrant[i] = turn >= 0 && turn < 4 ? (int32_t)turn : 0;
  }
}

INLINE void vector_sine_cosine(f32v x, f32v *sine, f32v *cosine) {
  f32v t = muladd(x, ALL(0.63661977236758134308f), ALL(ROUNDER));
  f32v n = t - ALL(ROUNDER);
  f32v r = muladd(n, ALL(-1.5703125f), x);
  r = muladd(n, ALL(-4.837512969970703125e-4f), r);
  r = muladd(n, ALL(-7.54978995489188216e-8f), r);
  i32v quadrant = (i32v)((u32v)t - (u32v)ALL_INT(ROUNDER_BITS));
  if (any(absolute(x) > ALL(8192.0f))) {
    float from[VW], to[VW];
    int32_t turns[VW];
    store(from, x);
    reduce_far(from, to, turns);
    r = load(to);
    quadrant = load_int(turns);
  }
  sine_cosine(r, quadrant, sine, cosine);
}

INLINE f32v vector_sin(f32v x) {
  f32v sine, cosine;
  vector_sine_cosine(x, &sine, &cosine);
  return sine;
}

INLINE f32v vector_cos(f32v x) {
  f32v sine, cosine;
  vector_sine_cosine(x, &sine, &cosine);
  return cosine;
}
