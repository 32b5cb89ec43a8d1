/*
 * What every processor of its kind has: SSE2 on x86-64, NEON on ARM, and plain C with the compiler's vectors on any other; included by
 * vector.h.
 */
#pragma once
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

INLINE f32v broadcast(const float *p) { return splat(*p); }

#if defined(__ARM_NEON) && defined(__aarch64__)

INLINE f32v square_root(f32v x) { return (f32v)vsqrtq_f32((float32x4_t)x); }
INLINE f32v round_down(f32v x) { return (f32v)vrndmq_f32((float32x4_t)x); }
INLINE f32v maximum(f32v a, f32v b) { return (f32v)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
INLINE f32v minimum(f32v a, f32v b) { return (f32v)vminq_f32((float32x4_t)a, (float32x4_t)b); }
INLINE i32v truncate(f32v x) { return (i32v)vcvtq_s32_f32((float32x4_t)x); }
INLINE int any(i32v mask) { return vmaxvq_u32((uint32x4_t)mask) != 0; }
/** Bit i is lane i of a mask. */
INLINE uint32_t lane_bits(i32v mask) {
  const uint32x4_t bits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32((uint32x4_t)mask, bits));
}
INLINE f32v muladd(f32v a, f32v b, f32v c) { return (f32v)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INLINE void pause_spin(void) { __asm__ volatile("yield"); }

#else

#if defined(__SSE2__)
INLINE f32v square_root(f32v x) { return (f32v)_mm_sqrt_ps((__m128)x); }
INLINE int any(i32v mask) { return _mm_movemask_epi8((__m128i)mask) != 0; }
/** Bit i is lane i of a mask. */
INLINE uint32_t lane_bits(i32v mask) { return (uint32_t)_mm_movemask_ps((__m128)mask); }
INLINE void pause_spin(void) { _mm_pause(); }
#else
INLINE f32v square_root(f32v x) {
  for (int lane = 0; lane < VW; lane++) x[lane] = __builtin_sqrtf(x[lane]);
  return x;
}
INLINE int any(i32v mask) { return (mask[0] | mask[1] | mask[2] | mask[3]) != 0; }
/** Bit i is lane i of a mask. */
INLINE uint32_t lane_bits(i32v mask) { return (mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8); }
INLINE void pause_spin(void) {}
#endif

/** Beyond 2²³ every float is a whole number already. */
INLINE f32v round_down(f32v x) {
  i32v inside = absolute(x) < 8388608.0f;
  f32v t = __builtin_convertvector(__builtin_convertvector(choose(inside, x, splat(0)), i32v), f32v);
  t -= (f32v)to_float_mask(t > x);
  return choose(inside, with_sign(absolute(t), sign_bit(x)), x);
}
/** The larger, NaN if either is NaN. */
INLINE f32v maximum(f32v a, f32v b) { return choose((a > b) | (a != a) | ((a == b) & ((i32v)a >= 0)), a, b); }
INLINE f32v minimum(f32v a, f32v b) { return choose((a < b) | (a != a) | ((a == b) & ((i32v)a < 0)), a, b); }
/** Towards zero, saturating, NaN to 0. */
INLINE i32v truncate(f32v x) {
  i32v fits = (x >= -2147483648.0f) & (x < 2147483648.0f);
  i32v inside = __builtin_convertvector(choose(fits, x, splat(0)), i32v);
  i32v high = x >= 2147483648.0f, low = x < -2147483648.0f;
  return (high & INT32_MAX) | (low & INT32_MIN) | (~(high | low) & inside);
}
INLINE f32v muladd(f32v a, f32v b, f32v c) { return a * b + c; }

#endif

#if defined(__SSE2__)
/** x limited by a bound that is not NaN; NaN stays: the instruction gives its second operand then. */
INLINE f32v at_most(f32v x, f32v bound) { return (f32v)_mm_min_ps((__m128)bound, (__m128)x); }
INLINE f32v at_least(f32v x, f32v bound) { return (f32v)_mm_max_ps((__m128)bound, (__m128)x); }
INLINE f32v from_int(i32v x) { return (f32v)_mm_cvtepi32_ps((__m128i)x); }
/** Numbers of the counters that go through Philox together, each word in the lower half of a lane of 64 bits. */
#define COUNTERS 2
#define NUMBERS_OF_COUNTERS {0, 0, 1, 0}
#define GROUPS 3
/** The low and the high words of 64-bit products, in the lower halves; what the upper halves hold is not used. */
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  __m128i product = _mm_mul_epu32((__m128i)a, (__m128i)b);
  *high = (u32v)_mm_srli_epi64(product, 32);
  return (u32v)product;
}
/** The lower halves of a, and those of b in the upper halves. */
INLINE u32v low_words(u32v a, u32v b) {
  const i32v lower = {-1, 0, -1, 0};
  return (a & (u32v)lower) | (u32v)_mm_slli_epi64((__m128i)b, 32);
}
#define UNPACK_LOW(a, b) (f32v)_mm_unpacklo_ps((__m128)(a), (__m128)(b))
#define UNPACK_HIGH(a, b) (f32v)_mm_unpackhi_ps((__m128)(a), (__m128)(b))
#define UNPACK_LOW_PAIRS(a, b) (u32v)_mm_unpacklo_epi64((__m128i)(a), (__m128i)(b))
#define UNPACK_HIGH_PAIRS(a, b) (u32v)_mm_unpackhi_epi64((__m128i)(a), (__m128i)(b))
#else
/** x limited by a bound that is not NaN; NaN stays. */
INLINE f32v at_most(f32v x, f32v bound) { return choose(bound < x, bound, x); }
INLINE f32v at_least(f32v x, f32v bound) { return choose(bound > x, bound, x); }
INLINE f32v from_int(i32v x) { return __builtin_convertvector(x, f32v); }
#define COUNTERS 4
#define NUMBERS_OF_COUNTERS {0, 1, 2, 3}
#define GROUPS 1
/** The low and the high words of 64-bit products; b has the same value in all lanes. */
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  typedef uint64_t u64v __attribute__((vector_size(8 * VW)));
  u64v product = __builtin_convertvector(a, u64v) * __builtin_convertvector(b, u64v);
  *high = __builtin_convertvector(product >> 32, u32v);
  return __builtin_convertvector(product, u32v);
}
#endif
INLINE u32v xor3(u32v a, u32v b, u32v c) { return a ^ (b ^ c); }
