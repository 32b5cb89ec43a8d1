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

/** e^r for |r| ≤ ln 2 / 2. */
INLINE f32v exp_small(f32v r) {
  f32v p = ALL(1.9875691500e-4f);
  p = muladd(p, r, ALL(1.3981999507e-3f));
  p = muladd(p, r, ALL(8.3334519073e-3f));
  p = muladd(p, r, ALL(4.1665795894e-2f));
  p = muladd(p, r, ALL(1.6666665459e-1f));
  p = muladd(p, r, ALL(5.0000001201e-1f));
  return muladd(p, r * r, r) + ALL(1.0f);
}

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

/** ln x for normal x > 0. */
INLINE f32v log_normal(f32v x) {
  /* x = 2ᵉ m with m in [√½, √2): both fall out of the distance in bits to √½. */
  /* Without a sign: what is no normal number wraps, and is nobody's result. */
  i32v bits = (i32v)((u32v)x - (u32v)ALL_INT(0x3f3504f3));
  f32v e = __builtin_convertvector(bits >> 23, f32v);
  f32v f = (f32v)((bits & ALL_INT(0x007fffff)) + ALL_INT(0x3f3504f3)) - ALL(1.0f);
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

INLINE f32v vector_log(f32v x) {
  i32v tiny = x < ALL(1.17549435e-38f);
  f32v y = log_normal(choose(tiny, x * ALL(8388608.0f), x)) - (f32v)(tiny & (i32v)ALL(15.942385152878742f));
  y = choose(x == 0.0f, ALL(-__builtin_inff()), y);
  y = choose(x < 0.0f, ALL(__builtin_nanf("")), y);
  return choose((x < ALL(__builtin_inff())), y, choose(x == ALL(__builtin_inff()), x, x + y));
}

/** ln(1 + x) = ln u + (x − (u − 1)) / u with u = 1 + x as rounded: what rounding lost is put back to first order. */
INLINE f32v vector_log1p(f32v x) {
  f32v u = x + ALL(1.0f);
  f32v lost = (x - (u - ALL(1.0f))) / u;
  i32v inside = (u > 0.0f) & (u < ALL(__builtin_inff()));
  f32v y = vector_log(u) + (f32v)(inside & (i32v)lost);
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

/** max(x, 0) + ln(1 + e^−|x|); the logarithm's argument is in [1, 2], so it needs none of the special cases. */
INLINE f32v vector_softplus(f32v x) {
  f32v y = vector_exp(-absolute(x));
  f32v u = y + ALL(1.0f);
  f32v log1p = log_normal(u) + (y - (u - ALL(1.0f))) / u;
  return maximum(x, splat(0)) + choose(u == ALL(1.0f), y, log1p);
}

INLINE f32v vector_tanh(f32v x) {
  f32v magnitude = absolute(x), z = x * x;
  f32v p = ALL(-5.70498872745e-3f);
  p = muladd(p, z, ALL(2.06390887954e-2f));
  p = muladd(p, z, ALL(-5.37397155531e-2f));
  p = muladd(p, z, ALL(1.33314422036e-1f));
  p = muladd(p, z, ALL(-3.33332819422e-1f));
  f32v small = muladd(p * z, x, x);
  f32v large = ALL(1.0f) - ALL(2.0f) / (vector_exp(magnitude + magnitude) + ALL(1.0f));
  f32v y = choose(magnitude < ALL(0.625f), small, with_sign(large, sign_bit(x)));
  return choose(x == x, y, x);
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
